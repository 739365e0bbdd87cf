# 線たどり（目 1つ）: 左の 目で 黒い せんの ふちを 60びょう たどる。（フィールド line）
from kani import *

while timer() < 60:
    if left_eye() > 2000:
        motors(25, 60)
    else:
        motors(60, 25)
    wait(0.01)
stop()
