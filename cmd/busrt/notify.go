package main

import (
	"context"
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// What the service manager is told (sd_notify(3)); without one nobody is.
const (
	notifyReady    = daemon.SdNotifyReady
	notifyStopping = daemon.SdNotifyStopping
)

func notify(state string) { _, _ = daemon.SdNotify(false, state) } // nobody is left to be told

// notifyReloading is for Type=notify-reload, which wants the time as well.
func notifyReloading() {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) == nil {
		notify(fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, now.Nano()/int64(time.Microsecond)))
	}
}

// watchdog feeds the watchdog of the service manager, if there is one, as long as
// the event loops come by. A loop that is held up for half of the interval is not
// made up for: the manager ends the broker, and starts another.
func (s *service) watchdog(stop context.Context) {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		return
	}
	tick := time.NewTicker(interval / 4)
	defer tick.Stop()
	for {
		select {
		case <-stop.Done():
			return
		case <-tick.C:
			if s.group.Lag() < interval/2 {
				notify(daemon.SdNotifyWatchdog)
			}
		}
	}
}
