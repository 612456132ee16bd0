import { declareErrors } from '#platform/kernel';

declareErrors({
  backup_not_embedded: {
    status: 409,
    message:
      'This server keeps its data in PostgreSQL, which has backups of its own: docs/backup.md says how to take them.',
  },
  backup_code_wrong: {
    status: 403,
    message: 'This code is wrong, was used, or is older than ten minutes. “plinth backup” makes one.',
  },
  backup_under_way: { status: 409, message: 'A backup is under way. Take another one when it is over.' },
  backup_disk_full: {
    status: 503,
    message: 'The disk has no room for a copy of the database (ENOSPC): free some space and begin again.',
  },
  backup_damaged: { status: 422, message: 'This file is not a whole backup.' },
  backup_newer: { status: 422, message: 'This backup was made by a newer version of the program.' },
  restore_not_empty: { status: 409, message: 'The data folder is not empty.' },
  revocation_list_missing: { status: 409, message: 'The list of erasures and revocations is not there.' },
  revocation_list_broken: {
    status: 422,
    message: 'The list of erasures and revocations is not what was written.',
  },
});
