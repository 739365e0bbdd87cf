# ジグザグ: 左と 右に じゅんばんに まがりながら 進む。（フィールド empty）
from kani import *

for turn in range(4):
    print(turn + 1, "かいめ")
    motors(30, 70, 0.7)
    motors(70, 30, 0.7)
