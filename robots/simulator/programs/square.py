# 四角: まっすぐと 左まがりを 4回 くりかえして、四角を かく。（フィールド empty）
from kani import *

for side in range(4):
    print(side + 1, "かいめ")
    forward(60, 1.5)
    turn_left(50, 0.6)
