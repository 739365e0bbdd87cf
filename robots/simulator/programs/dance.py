# ダンス: さいころ（random）で えらんだ うごきを 8回 おどる。（フィールド empty）
import random

from kani import *

for step in range(8):
    move = random.choice(["左", "右", "前", "うしろ", "うで"])
    print(step + 1, move)
    if move == "左":
        turn_left(60, 0.5)
    elif move == "右":
        turn_right(60, 0.5)
    elif move == "前":
        forward(50, 0.5)
    elif move == "うしろ":
        back(50, 0.5)
    else:
        arm_up()
        wait(0.3)
        arm_down()
        wait(0.3)
    beep(random.randint(400, 1200), 0.1)
