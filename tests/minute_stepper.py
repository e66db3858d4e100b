"""SLA clocks by walking UTC minute by minute, written from their rules alone: slow, and right by being obvious.

Nothing of app is imported. Instants and lengths are whole microseconds, and a clock looks at each minute by itself.
"""

import copy

from tests.minute_calendar import MINUTE, Minutes


class Stepper:
    """One clock. `steps` are (percent or None, offset, every or None, most or None)."""

    def __init__(self, calendar: Minutes, steps: list[tuple[int | None, int, int | None, int | None]]) -> None:
        self.calendar, self.steps = calendar, steps
        self.status, self.cycle = "pending", 1
        self.t = self.elapsed = 0
        self.target: int | None = None
        self.given: int | None = None
        self.fixed: int | None = None  # a due that was given as a moment
        self.deadline: int | None = None  # the moment of due, where it does not hang on what is counted
        self.not_before: int | None = None  # a pause brings no deadline forward
        self.due: int | None = None  # when it came
        self.breached: tuple[int, str] | None = None
        self.resume_at: int | None = None
        self.fired: dict[tuple[int, int], tuple[int, bool]] = {}
        self.counted: list[tuple[int, int]] = []
        self.past: list[list[int | None]] = []
        self.stopped_at = 0
        self.looked: tuple[int, int | None] = (-1, None)

    # time
    def walk(self, until: int) -> None:
        """To `until`; what comes at exactly that moment has not come."""
        while self.t < until:
            if self.status == "paused" and self.resume_at is not None and self.resume_at <= self.t:
                self.go()
            then = min(until, (self.t // MINUTE + 1) * MINUTE)
            if self.status == "paused" and self.resume_at is not None:
                then = min(then, self.resume_at)
            if self.status == "running":
                self.look()
                self.minute(then)
            self.t = then
        if self.status == "paused" and self.resume_at is not None and self.resume_at <= self.t:
            self.go()

    def minute(self, then: int) -> None:
        before = self.elapsed
        opened = self.calendar.counts(self.t)
        length = then - self.t if opened else 0
        if self.deadline is not None and self.due is None and self.t < self.deadline < then:
            self.come(self.deadline)
        if opened and self.deadline is None and self.target is not None and before < self.target < before + length:
            moment = self.t + self.target - before
            if self.not_before is None or moment >= self.not_before:
                self.come(moment)
        held = self.not_before if self.deadline is None and self.due is None else None
        if held and self.t < held < then and (self.target or 0) <= before + min(length, held - self.t):
            self.come(held)
        for key, threshold in self.open_firings(before + length) if opened else ():
            if before < threshold < before + length:
                self.fired[key] = (self.t + threshold - before, False)
        self.elapsed += length
        if opened:
            self.counted.append((self.t, then))

    def look(self) -> None:
        """What is so at this moment, and was not seen before."""
        if self.due is None and self.is_due():
            self.come(self.t)
        seen, self.looked = self.looked, (self.elapsed, self.target)
        for key, threshold in self.open_firings(self.elapsed) if seen != self.looked else ():
            if threshold <= self.elapsed:
                self.fired[key] = (self.t, False)

    def is_due(self) -> bool:
        if self.deadline is not None:
            return self.t >= self.deadline
        if self.target is None or (self.not_before is not None and self.t < self.not_before):
            return False
        return self.elapsed >= self.target

    def come(self, moment: int) -> None:
        """Due has come."""
        self.due = moment
        if not self.breached:
            self.breached = (moment, "due")
        for number, (percent, offset, _, _) in enumerate(self.steps):
            if percent == 100 and not offset and (number, 1) not in self.fired:
                self.fired[number, 1] = (moment, False)

    def open_firings(self, elapsed: int) -> list[tuple[tuple[int, int], int]]:
        """Those that have not fired and might by then; 100 % fires with due itself."""
        found: list[tuple[tuple[int, int], int]] = []
        if self.target is None:
            return found
        for number, (percent, offset, every, most) in enumerate(self.steps):
            if percent == 100 and not offset:
                continue
            part = -((-self.target * (100 if percent is None else percent)) // 100) + offset
            n = 1
            while most is None or n <= most:
                threshold = part + (n - 1) * (every or 0)
                if threshold > elapsed:
                    break
                if (number, n) not in self.fired:
                    found.append(((number, n), threshold))
                n += 1
        return found

    def work_until(self, moment: int) -> int:
        """Working time from now to a moment, negative to one behind."""
        if moment < self.t:
            return -self.work(moment, self.t)
        return self.work(self.t, moment)

    def work(self, t: int, moment: int) -> int:
        total = 0
        while t < moment:
            then = min(moment, (t // MINUTE + 1) * MINUTE)
            total += then - t if self.calendar.counts(t) else 0
            t = then
        return total

    # what happens
    def start(self, target: int | None, deadline: int | None, since: int | None = None) -> None:
        if self.status != "pending":
            return
        at = self.t
        self.t = since if since is not None else at
        self.status, self.target, self.given = "running", target, target
        if deadline is not None:
            self.fixed = self.deadline = deadline
            self.target = self.work_until(deadline)
            if deadline < self.t:
                self.come(self.t)
                self.due = deadline
        for key, threshold in self.open_firings(0):
            if threshold < 0:
                self.fired[key] = (self.t, False)
        for first, last in self.past:
            if last is not None and last <= self.t:
                continue
            self.walk(max(first or 0, self.t))
            self.suspend(None)
            if last is None or last > at:
                self.walk(at)
                self.resume_at = last
                break
            self.walk(last)
            self.go()
        self.walk(at)
        past = sorted((moment, self.threshold(key), key) for key, (moment, _) in self.fired.items())
        for moment, _, key in past[:-1]:
            self.fired[key] = (moment, True)

    def threshold(self, key: tuple[int, int]) -> tuple[int, int]:
        percent, offset, every, _ = self.steps[key[0]]
        part = -((-(self.target or 0) * (100 if percent is None else percent)) // 100)
        return part + offset + (key[1] - 1) * (every or 0), key[0]

    def pause(self, longest: int | None) -> None:
        until = None if longest is None else self.t + longest
        if self.status == "pending":
            if not self.past or (self.past[-1][1] is not None and self.past[-1][1] <= self.t):
                self.past.append([self.t, until])
        elif self.status == "running":
            self.suspend(until)

    def suspend(self, until: int | None) -> None:
        if self.deadline is not None and self.due is None:
            self.target = self.elapsed + self.work_until(self.deadline)
            self.not_before, self.deadline = self.fixed, None
        self.status, self.resume_at = "paused", until

    def resume(self) -> None:
        if self.status == "pending" and self.past:
            if self.past[-1][1] is None or self.past[-1][1] > self.t:
                self.past[-1][1] = self.t
        elif self.status == "paused":
            self.go()

    def go(self) -> None:
        self.status, self.resume_at = "running", None

    def retarget(self, target: int, mode: str) -> None:
        if self.status not in ("running", "paused") or target == self.given:
            return
        if mode == "restart":
            self.restart(target)
            return
        self.given = target
        if mode == "keep_deadline":
            self.keep_deadline()
            return
        self.target, self.due, self.deadline = target, None, None
        if self.elapsed > target:
            self.due = self.t
            if not self.breached:
                self.breached = (self.t, "retarget")
            if self.status == "running":
                self.come(self.t)

    def keep_deadline(self) -> None:
        """Due stays where it is, by its moment."""
        if self.status != "running" or self.due is not None or self.target is None:
            return
        coming = self.coming_due()
        if coming is None:
            raise EOFError("beyond the window")
        self.deadline, self.target = coming, self.elapsed + self.work_until(coming)

    def handover(self, calendar: Minutes, mode: str) -> None:
        if self.status not in ("running", "paused", "pending"):
            return
        if mode == "keep_deadline" or (self.fixed is not None and mode == "keep_elapsed"):
            self.keep_deadline()  # a due that was given as a moment is no matter of calendars
        self.calendar = calendar
        if mode == "restart" and self.status != "pending":
            self.restart(self.given)
        elif self.status == "running" and self.deadline is not None and self.due is None:
            if mode == "keep_elapsed" and self.fixed is None:
                self.deadline = None
            else:
                self.target = self.elapsed + self.work_until(self.deadline)

    def stop(self) -> None:
        if self.status in ("running", "paused"):
            self.status = "met_late" if self.breached else "met"
            self.stopped_at = self.t

    def cancel(self) -> None:
        if self.status in ("running", "paused"):
            self.status = "cancelled"

    def reset(self) -> None:
        if self.status in ("running", "paused"):
            self.restart(self.given)

    def restart(self, target: int | None) -> None:
        """A new cycle, which knows nothing of the old one; a pause goes on."""
        paused, until = self.status == "paused", self.resume_at
        at, cycle = self.t, self.cycle + 1
        fixed = self.fixed
        self.__dict__.update(Stepper(self.calendar, self.steps).__dict__)
        self.t, self.cycle = at, cycle
        self.start(target, None if target is not None else fixed)
        if paused:
            self.suspend(until)

    def reopen(self, mode: str) -> None:
        if mode == "ignore" or self.status not in ("met", "met_late", "cancelled"):
            return
        if mode == "restart" or self.status == "cancelled":
            self.restart(self.given)
        elif mode == "resume":
            if self.deadline is not None and self.due is None:
                at, self.t = self.t, self.stopped_at
                self.suspend(None)
                self.t = at
            self.go()
        else:
            at, self.t = self.t, self.stopped_at
            self.go()
            self.walk(at)

    # what is to come
    def now(self) -> None:
        """What comes at exactly this moment comes too, since nothing happens that would go before it."""
        if self.status == "running":
            self.look()

    def coming_due(self) -> int | None:
        """The moment of due if nothing happens; None beyond the window."""
        if self.due is not None:
            return self.due
        later = copy.copy(self)
        later.fired, later.counted = dict(self.fired), []
        try:
            while later.due is None:
                later.walk(later.t + MINUTE)
        except EOFError:
            return None
        return later.due

    def coming_firings(self, until: int) -> dict[tuple[int, int], tuple[int, bool]]:
        later = copy.copy(self)
        later.fired, later.counted = dict(self.fired), []
        later.walk(until)
        return later.fired
