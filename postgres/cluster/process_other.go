//go:build unix && !linux

package cluster

import "syscall"

// dieWithParent can do nothing here: after the program is killed its server
// goes on, and the next start adopts it.
func dieWithParent(*syscall.SysProcAttr) {}

// orphansEnd says that a server whose program died ends by itself.
const orphansEnd = false
