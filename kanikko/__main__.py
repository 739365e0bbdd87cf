from kanikko.cli import main
from kanikko.quickly import leave_out

leave_out()
main()
