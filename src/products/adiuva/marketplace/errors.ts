import { declareErrors } from '#platform/kernel';

declareErrors({
  developer_key_invalid: { status: 400, message: 'This is no Ed25519 public key in PEM.' },
  developer_key_not_found: { status: 404, message: 'Your account has no such key.' },
  developer_key_revoked: { status: 409, message: 'The key was revoked. Sign with another one.' },
  package_signature_invalid: {
    status: 400,
    message:
      'The signature is not of this SHA-256 by this key: sign the 32 bytes of the digest with Ed25519.',
  },
  plugin_permission_unknown: {
    status: 400,
    message: 'The manifest has a permission that there is not, or one twice. `details.findings` names it.',
  },
  plugin_manifest_refused: {
    status: 400,
    message: 'A field holds binary data, or letters that look like Latin ones. `details.findings` names it.',
  },
  plugin_name_reserved: {
    status: 400,
    message: 'The name in `details.field` has a word that is kept for us.',
  },
  plugin_name_taken: { status: 409, message: 'Another plugin looks like this one by its `details.field`.' },
  plugin_id_taken: { status: 409, message: 'This id is, or was, another developer’s.' },
  plugin_version_not_above: {
    status: 409,
    message: 'The version is not above `details.version`, the highest.',
  },
  plugin_versions_waiting: {
    status: 409,
    message: 'Twenty of your versions wait already. Withdraw one, or wait.',
  },
  plugin_storage_full: { status: 409, message: 'All packages of a developer together have at most 1 GB.' },
  plugin_version_not_found: { status: 404, message: 'There is no such version of a plugin of yours.' },
  plugin_version_not_waiting: { status: 409, message: 'This version is not waiting.' },
  plugin_own_review: { status: 403, message: 'Nobody reviews a plugin of an account that they belong to.' },
  plugin_not_checked: { status: 409, message: 'Approve the version when its checklist is there.' },
  plugin_blocked: {
    status: 409,
    message: 'A check that must pass has failed: nobody approves this version.',
  },
});
