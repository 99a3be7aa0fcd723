package subsidies

var italian = map[string]string{}
