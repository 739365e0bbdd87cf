"""``machine`` and ``time`` as a program on a simulated board meets them. CPython and MicroPython both run this one file.

:func:`connect` gets ``op(name, *arguments)``, which does one thing on the simulated hardware (:class:`robots.simulator.hardware.Hardware`)
and returns ``(value, fired)``: an int, and the keys of the interrupts that became due meanwhile. In CPython ``op`` is a call, on a
virtual board a line through a pipe. Since both run the same operations in the same order, both see the same readings.
"""


class Module:
    """Looks like a module; what it lacks comes from the real one, if there is one."""

    def __init__(self, base, **names):
        self._base = base
        for name in names:
            setattr(self, name, names[name])

    def __getattr__(self, name):
        if self._base is None:
            raise AttributeError(name)
        return getattr(self._base, name)


def connect(op, base=None, base_time=None):
    """The modules ``machine`` and ``time``, as a pair. ``base``, ``base_time``: real ones that supply what is not simulated."""
    handlers = {}
    due = []

    def do(name, *arguments):
        value, fired = op(name, *arguments)
        due.extend(fired)
        # A handler's own operations may make others due: they wait until it is done, as on a board with one core.
        if due and not handlers.get("busy"):
            handlers["busy"] = True
            try:
                while due:
                    handler = handlers.get(due.pop(0))
                    if handler is not None:
                        handler[0](handler[1])
            finally:
                handlers["busy"] = False
        return value

    class Pin:
        IN, OUT, OPEN_DRAIN = 0, 1, 2
        PULL_UP, PULL_DOWN = 1, 2
        IRQ_RISING, IRQ_FALLING = 1, 2

        def __init__(self, id, mode=-1, pull=-1, *, value=None):
            self.id = id.id if isinstance(id, Pin) else id
            do("pin", self.id, mode, -1 if pull is None else pull)
            if value is not None:
                self.value(value)

        def init(self, mode=-1, pull=-1, *, value=None):
            self.__init__(self.id, mode, pull, value=value)

        def value(self, value=None):
            if value is None:
                return do("read", self.id)
            do("write", self.id, 1 if value else 0)
            return None

        __call__ = value

        def on(self):
            self.value(1)

        def off(self):
            self.value(0)

        def toggle(self):
            self.value(not self.value())

        def irq(self, handler=None, trigger=3, *, hard=False):
            key = "irq:" + str(self.id)
            handlers[key] = None if handler is None else (handler, self)
            do("irq", self.id, 0 if handler is None else trigger)

    class PWM:
        def __init__(self, pin, *, freq=0, duty_u16=0, duty_ns=None):
            self.id = pin.id if isinstance(pin, Pin) else pin
            self._freq, self._duty = freq, duty_u16
            if duty_ns is not None:
                self._duty = duty_ns * freq * 65535 // 1000000000
            self._set()

        def _set(self):
            do("pwm", self.id, self._freq, self._duty)

        def init(self, *, freq=None, duty_u16=None, duty_ns=None):
            if freq is not None:
                self._freq = freq
            if duty_u16 is not None:
                self._duty = duty_u16
            if duty_ns is not None:
                self._duty = duty_ns * self._freq * 65535 // 1000000000
            self._set()

        def freq(self, freq=None):
            if freq is None:
                return self._freq
            self.init(freq=freq)
            return None

        def duty_u16(self, duty=None):
            if duty is None:
                return self._duty
            self.init(duty_u16=duty)
            return None

        def duty_ns(self, duty=None):
            if duty is None:
                return self._duty * 1000000000 // (65535 * self._freq) if self._freq else 0
            self.init(duty_ns=duty)
            return None

        def deinit(self):
            self.init(duty_u16=0)

    class ADC:
        ATTN_11DB = 3

        def __init__(self, pin, *, atten=None):
            self.id = pin.id if isinstance(pin, Pin) else pin
            do("adc_pin", self.id)

        def read_u16(self):
            return do("adc", self.id)

        def read_uv(self):
            return self.read_u16() * 3300000 // 65535

    class Timer:
        ONE_SHOT, PERIODIC = 0, 1

        def __init__(self, id=-1, **how):
            handlers["timers"] = handlers.get("timers", 0) + 1
            self.id = handlers["timers"]
            if how:
                self.init(**how)

        def init(self, *, mode=1, period=-1, freq=None, callback=None):
            if freq:
                period = int(1000 / freq)
            handlers["timer:" + str(self.id)] = None if callback is None else (callback, self)
            do("timer", self.id, period * 1000, mode)

        def deinit(self):
            handlers["timer:" + str(self.id)] = None
            do("timer", self.id, 0, 0)

    def sleep_us(us):
        left = int(us)
        while left > 0:  # an interrupt's handler runs in between, and what is left of the sleep goes on after it
            left -= do("sleep", left)

    def sleep_ms(ms):
        sleep_us(int(ms) * 1000)

    def sleep(seconds):
        sleep_us(int(seconds * 1000000))

    def ticks_us():
        return do("ticks") & 0x3FFFFFFF

    def ticks_ms():
        return (do("ticks") // 1000) & 0x3FFFFFFF

    def ticks_diff(later, sooner):
        return ((later - sooner + 0x20000000) & 0x3FFFFFFF) - 0x20000000

    def ticks_add(ticks, delta):
        return (ticks + delta) & 0x3FFFFFFF

    def now():
        return do("ticks") // 1000000

    machine = Module(
        base, Pin=Pin, PWM=PWM, ADC=ADC, Timer=Timer, freq=lambda *hz: 125000000, disable_irq=lambda: 0, enable_irq=lambda state: None
    )
    time = Module(
        base_time, sleep=sleep, sleep_ms=sleep_ms, sleep_us=sleep_us, ticks_ms=ticks_ms, ticks_us=ticks_us, ticks_cpu=ticks_us,
        ticks_diff=ticks_diff, ticks_add=ticks_add, time=now, time_ns=lambda: do("ticks") * 1000,
    )  # fmt: skip
    return machine, time
