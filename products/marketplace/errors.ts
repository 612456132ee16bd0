import { declareErrors } from 'plinth/product';

declareErrors({
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
  developer_key_invalid: { status: 400, message: 'This is no Ed25519 public key in PEM.' },
  developer_key_not_found: { status: 404, message: 'Your account has no such key.' },
  developer_key_revoked: { status: 409, message: 'The key was revoked. Sign with another one.' },
  package_signature_invalid: {
    status: 400,
    message: 'This key has not signed the 32 bytes of this SHA-256.',
  },
  plugin_permission_unknown: { status: 400, message: 'There is no permission as in `details.findings`.' },
  plugin_manifest_refused: {
    status: 400,
    message: 'A field, which `details.findings` names, is no plain text.',
  },
  plugin_name_reserved: { status: 400, message: 'A word in `details.field` is kept for us.' },
  plugin_name_taken: { status: 409, message: 'Another plugin looks the same by its `details.field`.' },
  plugin_id_taken: { status: 409, message: 'This id is, or was, another developer’s.' },
  plugin_version_not_above: { status: 409, message: 'A version must be above `details.version`.' },
  plugin_versions_waiting: { status: 409, message: 'Twenty of your versions wait. Withdraw one, or wait.' },
  plugin_storage_full: { status: 409, message: 'A developer’s packages together have at most 1 GB.' },
  plugin_version_not_found: { status: 404, message: 'There is no such version of a plugin of yours.' },
  plugin_version_not_waiting: { status: 409, message: 'This version is not waiting.' },
  plugin_own_review: { status: 403, message: 'Nobody reviews a plugin of an account that they belong to.' },
  plugin_not_checked: { status: 409, message: 'Approve the version when its checklist is there.' },
  plugin_blocked: { status: 409, message: 'A check that must pass failed: nobody approves this version.' },
});
