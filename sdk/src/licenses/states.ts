/** Why the program may not work any more: a code of the server's (docs/generated/errors.md), or one of these. */
export type StopReason =
  /** The lease has ended, and the server can't be reached. */
  | 'offline_ended'
  /** The server can't be reached, and there is no lease to work on. */
  | 'unreachable'
  /** While offline the machine's clock was set back, or it is behind what the last run has seen. */
  | 'clock_set_back'
  /** What answered can't show a lease that the server's keys have signed, or one of long ago. */
  | 'untrusted_answer'
  | 'seat_taken_over'
  | 'seats_exhausted'
  | 'license_suspended'
  | 'license_inactive'
  | 'machine_not_activated'
  | 'machines_exhausted'
  | (string & Record<never, never>);

/** What to show. The program may work while it is `online` or `offline`. */
export type LicenseState =
  /** Not asked for, or given back. */
  | { readonly status: 'idle' }
  /** Asking for a seat, for the first time or after one was lost in the machine's sleep. */
  | { readonly status: 'connecting' }
  | {
      readonly status: 'online';
      /** Whole minutes for which work could go on without the server. */
      readonly offlineMinutes: number;
      readonly seats: { readonly used: number; readonly max: number } | undefined;
    }
  | { readonly status: 'offline'; readonly minutesLeft: number; readonly until: Date }
  | { readonly status: 'stopped'; readonly reason: StopReason; readonly message: string };

/** What a person should know before it stops something. */
export type LicenseWarning =
  /** Ten, five and one minute before the end of offline work. */
  | { readonly kind: 'offline_ending'; readonly minutesLeft: number }
  | { readonly kind: 'clock_set_back'; readonly minutes: number }
  /** What the last run left can't be used (`state_edited`, `state_outdated`, `state_of_another_machine`) or be kept (`state_unwritable`). */
  | { readonly kind: 'state'; readonly problem: string }
  | { readonly kind: 'untrusted_answer' };

/** The program may not work: `reason` says why, `cause` is the server's error where it said so. */
export class LicenseError extends Error {
  override readonly name = 'LicenseError';
  readonly reason: StopReason;

  constructor(reason: StopReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
