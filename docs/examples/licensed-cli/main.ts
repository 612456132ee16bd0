import { runCli } from './cli.ts';

const { PLINTH_URL: baseUrl = 'http://127.0.0.1:6174', LICENSE_KEY: licenseKey = '' } = process.env;

// Without process.exit: the seat is given back before, by SIGINT and SIGTERM too.
process.exitCode = await runCli({ baseUrl, licenseKey, input: process.stdin, output: process.stdout });
