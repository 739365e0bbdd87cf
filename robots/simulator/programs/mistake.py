# まちがいの 例: forward に 数でなく ことばを わたすと、エラーで とまる。（フィールド empty）
from kani import *

forward(50, 0.5)
forward("はやく")
