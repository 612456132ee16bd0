/** What the marketplace writes into the audit of a developer's account. */
export const adiuvaAuditActions = {
  'adiuva.developer_key.added': 'a key that packages are signed with was registered',
  'adiuva.developer_key.revoked': 'a key signs packages no more',
  'adiuva.plugin.submitted': 'a version of a plugin was submitted',
  'adiuva.plugin.version_withdrawn': 'a version was withdrawn before it was reviewed',
  'adiuva.plugin.withdrawn': 'a plugin was withdrawn from the catalogue by its developer',
  'adiuva.plugin.approved': 'an operator approved a version, which is published and signed',
  'adiuva.plugin.rejected': 'an operator rejected a version',
  'adiuva.plugin.removed': 'an operator removed a plugin: it is revoked wherever it is installed',
} as const;
