import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import {
  createLicenseClient,
  type LicenseClientOptions,
  LicenseError,
  type LicenseState,
  type LicenseWarning,
} from '@plinth/sdk/licenses';

export interface Cli extends LicenseClientOptions {
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * A program that writes what it reads in capitals, while it has a seat of its licence. `state` shows the licence, `connect`
 * asks for a seat again, and the end of the input ends it. Answers the exit status.
 */
export async function runCli({ input, output, ...options }: Cli): Promise<number> {
  const say = (line: string) => void output.write(`${line}\n`);
  const license = createLicenseClient(options);
  license.onState((state) => say(shown(state)));
  license.onWarning((warning) => say(`(${warned(warning)})`));
  const connect = () =>
    license.acquire().then(
      () => true,
      (error: unknown) => {
        if (error instanceof LicenseError) return false;
        throw error;
      },
    );
  if (!(await connect())) return 1;

  for await (const line of createInterface({ input })) {
    if (line === 'state') say(shown(license.state));
    else if (line === 'connect') await connect();
    else say(worked(() => license.assertLicensed(), line));
  }
  await license.release();
  return 0;
}

/** Work that is paid for: each piece of it asks for the licence first, which takes no time and makes no request. */
function worked(assertLicensed: () => void, line: string): string {
  try {
    assertLicensed();
    return line.toUpperCase();
  } catch (error) {
    if (error instanceof LicenseError) return `no licence: ${error.reason}`;
    throw error;
  }
}

function shown(state: LicenseState): string {
  switch (state.status) {
    case 'online': {
      const seats = state.seats === undefined ? '' : `, ${state.seats.used} of ${state.seats.max} seats used`;
      return `licence: online${seats}, ${state.offlineMinutes} minutes without a network`;
    }
    case 'offline':
      return `licence: offline, ${state.minutesLeft} minutes left`;
    case 'stopped':
      return `licence: stopped (${state.reason}): ${state.message}`;
    case 'idle':
    case 'connecting':
      return `licence: ${state.status}`;
  }
}

function warned(warning: LicenseWarning): string {
  switch (warning.kind) {
    case 'offline_ending':
      return `${warning.minutesLeft} minutes left without a network`;
    case 'clock_set_back':
      return `the clock was set back by ${warning.minutes} minutes`;
    case 'state':
      return `nothing is left of the last run: ${warning.problem}`;
    case 'untrusted_answer':
      return 'what answered is not the licence server';
  }
}
