/** Why the vault did not do what it was asked. */
const MESSAGES = {
  empty_passphrase: 'A vault takes no empty passphrase: anyone could open it.',
  wrong_passphrase: 'The passphrase does not open this vault.',
  wrong_recovery_key: 'The recovery key does not open this vault, or is older than its keys.',
  mistyped_recovery_key: 'The recovery key is mistyped: look at it letter by letter.',
  /** Changed, cut, swapped, or of another account, table or id. */
  tampered: 'This is not what a device of this vault wrote here.',
  rolled_back: 'The server shows an older version than this device has seen.',
  unknown_epoch: 'This was written under a key that this device does not have yet.',
  /** The key was replaced: who had it then can still write under it. */
  ended_epoch: 'This came under a key that has ended: it may be old, or of someone who was shut out.',
  /** Devices delete by a sealed word, and there is none. */
  missing: 'The server says that this is deleted, and no device of this vault has deleted it.',
  unsafe_parameters: 'The key box asks for work that is too weak to be safe, or too much to be meant.',
  not_confirmed: 'The keys could not be read back as they were written. Nothing was written under them.',
  no_vault: 'This account has no vault yet: create one.',
  locked: 'Another device has replaced the keys of this vault: unlock it again.',
  keys_changed: 'Another device has changed the keys of this vault just now: try again.',
} as const;

export type VaultErrorCode = keyof typeof MESSAGES;

/** What a vault fails with by itself; calls of the server fail with PlinthError. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode, cause?: unknown) {
    super(MESSAGES[code], { cause });
    this.code = code;
  }
}
