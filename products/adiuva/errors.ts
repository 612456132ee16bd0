import { declareErrors } from 'plinth/product';

declareErrors({
  checksum_mismatch: {
    status: 400,
    message: 'The bytes do not have the SHA-256 that was sent with them. Nothing was stored.',
  },
  record_not_found: { status: 404, message: 'There is no such record.' },
  backup_not_found: { status: 404, message: 'There is no such backup.' },
  record_table_fixed: { status: 409, message: 'This record is of another table, and stays there.' },
  changes_gone: {
    status: 410,
    message:
      'What was deleted since then is not known any more. Ask for all changes, without `since`, and drop what is not among them.',
  },
});
