"""What looks into files for what harms: a command of the machine, or a server that speaks ICAP."""
