// Package web is the public face: Italian pages for families, delegates,
// providers and officers, their forms, their sessions, and the words of every
// refusal (messages/it.json).
//
// It does not own what an act does or who may do it (desk), JSON (api), nor
// any rule. A handler parses, calls one act of desk and renders.
//
// Invariants: every page works without JavaScript and asks nothing of another
// host; a refusal stands beside the field it concerns and what was typed is
// kept; a form that changes something answers with a redirect; only a local
// path is ever redirected to, save the payment page that desk names.
//
// Times come from desk and are shown in Europe/Rome. The lifetime of a session
// runs on the machine's clock.
package web
