import { type DataRule, erased } from '#platform/db';

/** How erasure and export treat single sign-on: it is the organization's, but for who comes by it. */
export const ssoDataRules: DataRule[] = [
  { table: 'sso.connections', account: erased(), withheld: ['sealed_secret'] },
  { table: 'sso.domains', account: erased() },
  { table: 'sso.links', account: erased(), user: erased() },
];
