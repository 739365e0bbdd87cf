# ボール: たまごを おろし、右の ボールを うでで つかんで、スタートに 持って 帰る。（フィールド delivery）
from kani import *

arm_up()
wait(0.5)
turn_right(50, 0.6)

forward(50, 1.3)
arm_down()
wait(0.5)
back(50, 1.3)
