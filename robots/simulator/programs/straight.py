# まっすぐ: 2びょう 前へ 進んで、とまる。（フィールド empty）
from kani import *

forward(60)
wait(2)
stop()
