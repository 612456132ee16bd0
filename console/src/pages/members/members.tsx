import { chooseAccount, type Me, useAccount } from '../../account.ts';
import { LineForm } from '../../parts/line-form.tsx';
import { isAtLeast } from '../../parts/of-account.ts';
import { Head, Section } from '../../parts/section.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Invitations } from './invitations.tsx';
import { MemberTable } from './member-table.tsx';
import { Closed, Organization } from './organization.tsx';
import { SingleSignOn } from './single-sign-on.tsx';
import { Teams } from './teams.tsx';
import { texts } from './texts.ts';

/** An organization as its pages know it. */
export type Chosen = Me['accounts'][number];

/** Who is in the organization and what they may; to who is alone, what an organization is for. */
export function Members() {
  const { say } = useTexts(texts);
  const account = useAccount()?.account;
  const isAlone = account?.kind === 'personal';
  return (
    <>
      <Head title={say('nav.members')} />
      {account !== undefined && !isAlone && <MembersOf key={account.id} account={account} />}
      {account !== undefined && (
        <Section title={say(isAlone ? 'first' : 'another')}>
          {isAlone && <p className="dim">{say('alone')}</p>}
          <LineForm
            label={say('organizationName')}
            button={say('makeOrganization')}
            act={async (name) => {
              const { id } = await apiFor(undefined).call('POST /v1/organizations', { body: { name } });
              chooseAccount(id);
            }}
          />
        </Section>
      )}
      <Closed />
    </>
  );
}

function MembersOf({ account }: { readonly account: Chosen }) {
  const isAdmin = isAtLeast(account.role, 'admin');
  return (
    <>
      <MemberTable account={account} />
      {isAdmin && <Invitations account={account} />}
      <Teams account={account} />
      {isAdmin && <SingleSignOn account={account} />}
      {isAdmin && <Organization account={account} />}
    </>
  );
}
