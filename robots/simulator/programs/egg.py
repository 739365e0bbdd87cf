# たまごはこび: 黒い せんの むこうに たまごを おいて、うしろ向きで スタートに 帰る。（フィールド delivery）
from kani import *

forward(60)
while left_eye() < 2000 and right_eye() < 2000:
    wait(0.01)
wait(0.4)
stop()

arm_up()
wait(0.5)

back(60, 4.6)
