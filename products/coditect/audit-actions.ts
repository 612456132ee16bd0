/** Actions that Coditect writes into the audit of an account. */
export const coditectAuditActions = {
  'coditect.license.issued': 'a plan with seats was bought or given, and the account’s licence was made',
  'coditect.license.renewed': 'the licence works for longer: another period was paid, or an operator gave it',
  'coditect.license.tier_changed': 'the licence is of another plan',
  'coditect.license.suspended': 'the licence is not paid, or its account or an operator has it stopped',
  'coditect.license.reinstated': 'a suspended licence works again, or an operator stands in its way no more',
  'coditect.license.extended': 'an operator has the licence work for longer',
  'coditect.license.seats_changed':
    'an operator gave the licence other seats than its plan, or gave them back to it',
  'coditect.license.offline_changed': 'an operator gave the licence other minutes of work without the server',
  'coditect.license.deactivated': 'the licence’s plan has ended',
  'coditect.license.revived': 'a licence that had ended has a plan again',
  'coditect.license.activated': 'the licence was activated on a machine',
  'coditect.license.machine_deactivated': 'the licence was taken off a machine',
  'coditect.license.key_rotated': 'the licence got another key',
  'coditect.license.acquired': 'a machine took a seat, or took its own over',
  'coditect.license.released':
    'a machine gave its seat back, or a manager of the account ended it (`forced`)',
  'coditect.license.copied':
    'a session ended because one of its older tokens was used again: two copies of a machine shared it',
  'coditect.memory.level_changed':
    'a session, decision, document or pattern of memory is shown to others than before, or to fewer',
  'coditect.memory.files_merged': 'somebody said that two names in memory are of one file',
  'coditect.memory.files_unmerged': 'that two names in memory are of one file was taken back',
} as const;
