# タイマー: 10びょう たつまで ぐるぐる回り、1びょうごとに ライトを つけたり けしたり する。（フィールド empty）
from kani import *

turn_left(40)
on = False
for second in range(10):
    while timer() < second + 1:
        wait(0.02)
    on = not on
    light(on)
    print(second + 1, "びょう")
stop()
