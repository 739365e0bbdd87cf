# ちょくせつ: machine モジュールで モーターの ピンを 自分で うごかす。（フィールド empty、ボード pico）
import time

from machine import PWM, Pin

left = PWM(Pin(10), freq=1000, duty_u16=0)
right = PWM(Pin(12), freq=1000, duty_u16=0)
for power in range(0, 40000, 4000):
    left.duty_u16(power)
    right.duty_u16(power)
    time.sleep_ms(100)
left.duty_u16(0)
right.duty_u16(0)
