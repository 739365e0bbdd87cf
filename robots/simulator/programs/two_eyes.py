# 線たどり（目 2つ）: 両目で せんを はさんで 60びょう たどる。（フィールド line）
from kani import *

while timer() < 60:
    left = left_eye()
    right = right_eye()
    if left > 2000:
        motors(20, 60)
    elif right > 2000:
        motors(60, 20)
    else:
        forward(55)
    wait(0.01)
stop()
