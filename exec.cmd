@rem In the scripts of package.json `exec` takes the shell's place, so that signals for npm reach the program. Windows' shell
@rem has no such word, and finds this file: it runs the rest of the line.
@%*
