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
  plugin_not_found: { status: 404, message: 'There is no such plugin.' },
  plugin_removed: { status: 410, message: 'This plugin was removed: nobody can install it any more.' },
  plugin_not_offered: { status: 409, message: 'This plugin is not offered at the moment.' },
  plugin_not_installed: { status: 409, message: 'Your account does not have this plugin installed.' },
  own_plugin: { status: 409, message: 'Nobody rates a plugin of their own.' },
  consent_needed: {
    status: 409,
    message:
      'This version wants further permissions: name those of `details.permissions` in `accept_permissions`.',
  },
  purchase_disputed: {
    status: 409,
    message: 'A bank disputes the payment for this plugin: it can be installed once that is settled.',
  },
});
