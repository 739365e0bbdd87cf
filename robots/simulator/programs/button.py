# ボタン: うごいている あいだに ボタンを おすと、どこでも すぐ とまる。（フィールド empty）
from kani import *

while True:
    turn_left(40, 0.5)
    turn_right(40, 0.5)
