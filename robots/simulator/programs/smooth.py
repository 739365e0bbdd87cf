# なめらかな 線たどり: せんからの ずれが 大きいほど 大きく まがる。（フィールド line）
from kani import *

while timer() < 60:
    off = (left_eye() - right_eye()) / 4095
    motors(50 - 30 * off, 50 + 30 * off)
    wait(0.01)
stop()
