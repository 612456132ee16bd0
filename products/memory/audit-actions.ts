/** What memory writes into the audit of an account. */
export const memoryAuditActions = {
  'coditect.memory.level_changed':
    'a session, decision, document or pattern of memory is shown to others than before, or to fewer',
  'coditect.memory.files_merged': 'somebody said that two names in memory are of one file',
  'coditect.memory.files_unmerged': 'that two names in memory are of one file was taken back',
} as const;
