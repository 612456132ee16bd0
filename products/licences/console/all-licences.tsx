import {
  apiFor,
  Confirm,
  Csv,
  endOfLicence,
  Head,
  LineForm,
  Pick,
  Table,
  TextFilter,
  usePages,
  usePriceList,
  useProductSearch,
  useTexts,
  When,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCapacityColumns } from './capacity.tsx';
import { MachineTable } from './machine-table.tsx';
import { Status } from './status.tsx';
import { texts } from './texts.ts';

type Licence = ReplyOf<'GET /v1/admin/licenses'>['data'][number];

/** Characters of a key's end that can be looked for; an email is looked for as a whole. */
const LEAST = 4;
const EMAIL = /^\S+@\S+\.\S+$/;

/** Licences of all accounts, for operators; one opened, with its machines and what can be done. */
export default function AllLicences() {
  const { say } = useTexts(texts);
  const capacity = useCapacityColumns();
  const { search, change } = useProductSearch();
  const { licence, account, key, email, tier } = search;
  const status = (['active', 'suspended', 'inactive'] as const).find((one) => one === search['status']);
  const query = {
    ...(account && { account_id: account }),
    ...(key && key.length >= LEAST && { key }),
    ...(email && EMAIL.test(email) && { email }),
    ...(status && { status }),
    ...(tier && { tier }),
  };
  const asked = usePages({
    key: ['licences', query],
    read: (paging) => apiFor(undefined).call('GET /v1/admin/licenses', { query: { ...paging, ...query } }),
  });
  const opened = asked.rows?.find(({ id }) => id === licence);
  return (
    <>
      <Head title={say('all')}>
        <span className="right">
          <Csv route="GET /v1/admin/licenses" query={query} name="licences" />
        </span>
      </Head>
      <div className="filters">
        <TextFilter
          label={say('endOfKey')}
          value={key}
          clean={endOfLicence}
          choose={(next) => change({ key: next })}
        />
        <TextFilter label={say('email')} value={email} choose={(next) => change({ email: next })} />
        <Pick
          label={say('status')}
          value={status}
          none={say('anyStatus')}
          options={{ active: say('active'), suspended: say('suspended'), inactive: say('inactive') }}
          choose={(next) => change({ status: next })}
        />
        <Pick
          label={say('licence')}
          value={tier}
          none={say('anyTier')}
          options={useTiers()}
          choose={(next) => change({ tier: next })}
        />
      </div>
      {opened !== undefined && <Opened licence={opened} close={() => change({ licence: undefined })} />}
      <Table<Licence>
        label={say('all')}
        keyOf={({ id }) => id}
        asked={asked}
        opened={licence}
        empty={say('noneSo')}
        columns={[
          {
            head: say('customer'),
            isLong: true,
            cell: ({ organization }) => organization,
            act: ({ id }) => change({ licence: id }),
          },
          { head: say('licence'), isDim: true, cell: (one) => one.tier },
          { head: say('status'), cell: (one) => <Status of={one} /> },
          ...capacity,
          { head: say('renewed'), isFigure: true, past: (row) => row.last_renewal_at },
          {
            head: say('expires'),
            isFigure: true,
            cell: ({ expires_at: at }) => (at === null ? say('endless') : <When at={at} />),
          },
          { head: say('key'), isDim: true, isMono: true, cell: ({ key_hint: hint }) => `…${hint}` },
        ]}
      />
    </>
  );
}

/** The names of plans that have licences. */
function useTiers(): Readonly<Record<string, string>> {
  const { data } = usePriceList();
  const named =
    data?.data.filter(({ product, default: isDefault }) => product === 'coditect' && !isDefault) ?? [];
  return Object.fromEntries(named.map(({ id, name }) => [id.split('.')[1] ?? id, name]));
}

function Opened({ licence, close }: { readonly licence: Licence; readonly close: () => void }) {
  const { say } = useTexts(texts);
  const { id, organization, account_id: account, status_reason: why, version } = licence;
  const params = { id };
  const api = apiFor(undefined);
  const { data, ...asked } = useQuery({
    queryKey: ['machines', id],
    queryFn: () => api.call('GET /v1/admin/licenses/{id}/machines', { params }),
  });
  return (
    <section aria-labelledby="opened" className="opened">
      <header className="page">
        <h2 id="opened">{say('opened', { name: organization })}</h2>
        <Status of={licence} />
        <Link className="link" to="/app/customers" search={{ account }}>
          {say('customer')}
        </Link>
        <button type="button" className="quiet right" onClick={close}>
          {say('app.close')}
        </button>
      </header>
      {why === 'admin' ? (
        <Confirm
          text={say('reinstate')}
          act={() => api.call('POST /v1/admin/licenses/{id}/reinstate', { params }, { version })}
        />
      ) : (
        <LineForm
          label={say('reason')}
          button={say('suspend')}
          act={(reason) =>
            api.call('POST /v1/admin/licenses/{id}/suspend', { params, body: { reason } }, { version })
          }
        />
      )}
      <LineForm
        label={say('daysMore')}
        button={say('extend')}
        act={(days) =>
          api.call(
            'POST /v1/admin/licenses/{id}/extend',
            { params, body: { days: Number(days) } },
            { version },
          )
        }
      />
      <MachineTable machines={data?.data} asked={asked} />
    </section>
  );
}
