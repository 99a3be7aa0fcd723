package cluster

import "syscall"

// dieWithParent has the kernel ask the server for a fast shutdown when the
// thread that started it ends, so that no server outlives a killed program. The
// caller keeps that thread locked.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// orphansEnd says that a server whose program died ends by itself.
const orphansEnd = true
