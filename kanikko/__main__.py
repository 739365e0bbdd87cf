from kanikko.cli import main

main()
