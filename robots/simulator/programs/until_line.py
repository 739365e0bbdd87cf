# せんまで: 黒い せんが 見えるまで 進んで、とまって 音を 鳴らす。（フィールド delivery）
from kani import *

forward(50)
while left_eye() < 2000 and right_eye() < 2000:
    wait(0.01)
stop()
beep(880, 0.3)
print("せんを 見つけた", timer(), "びょう")
