# 大会: かぐやロードを 通り、たまごを おき、ボールを 持って 帰る。（フィールド kanazawa）
from kani import *


def is_white(eye):
    return eye < 2000


def follow_left_line():
    """左の 目で、左の せんの ふちを たどる。せんが よこに 広がったら とまる。"""
    while not (is_white(left_eye()) and is_white(right_eye())):
        if is_white(left_eye()):
            motors(60, 25)
        else:
            motors(25, 60)
        wait(0.01)
    stop()


def follow_right_line():
    """右の 目で、右の せんの ふちを たどる。"""
    while not (is_white(left_eye()) and is_white(right_eye())):
        if is_white(right_eye()):
            motors(25, 60)
        else:
            motors(60, 25)
        wait(0.01)
    stop()


def follow_middle(seconds):
    """せんの まん中を 行く。せんが なくなるか、じかんが きたら とまる。"""
    until = timer() + seconds
    gone = 0
    while timer() < until and gone < 20:
        left, right = is_white(left_eye()), is_white(right_eye())
        gone = 0 if left or right else gone + 1
        if left and not right:
            motors(15, 55)
        elif right and not left:
            motors(55, 15)
        else:
            forward(45)
        wait(0.01)
    stop()


# 行き: スタートエリアを出て、左の せんを さがす
forward(60, 1.5)
motors(48, 55)
while not is_white(left_eye()):
    wait(0.01)
follow_left_line()
forward(50, 0.6)
turn_right(50, 0.25)
forward(50)
while not is_white(right_eye()):
    wait(0.01)
follow_middle(3)

# たまごを 右に おく
turn_right(50, 0.6)
arm_up()
wait(0.5)
turn_left(50, 0.6)

# せんの 先の ボールを つかむ
follow_middle(20)
arm_down()
wait(0.5)

# 帰り
back(50, 0.6)
turn_right(50, 1.0)
while not is_white(right_eye()):
    turn_right(35)
    wait(0.01)
follow_middle(20)
motors(55, 48)
while not is_white(right_eye()):
    wait(0.01)
while is_white(left_eye()) or is_white(right_eye()):
    turn_left(40)
    wait(0.01)
follow_right_line()
forward(30, 0.2)
arm_up()
beep()
