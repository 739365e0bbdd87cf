# スラローム: 3本の ピンを たおさないように、右、左、右と ぬって 進む。（フィールド slalom）
from kani import *

arm_up()
turn_right(50, 0.3)
forward(60, 1.45)
turn_left(50, 0.3)
forward(60, 1.1)
turn_left(50, 0.3)
forward(60, 2.85)
turn_right(50, 0.62)
forward(60, 2.85)
turn_left(50, 0.3)
forward(60, 1.5)
