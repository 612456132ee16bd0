import { Button } from '@mantine/core';
import { useAccount } from '../../account.ts';
import { useAct } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';

/** The way to the provider's own pages: cards, address, all invoices. It leads back here. */
export function Portal({ text }: { readonly text: string }) {
  const chosen = useAccount();
  const { mutate, isPending, error } = useAct(async () => {
    const here = `${location.origin}/app/plan`;
    const page = await chosen?.api.call('POST /v1/billing/portal', { body: { return_url: here } });
    if (page !== undefined) location.assign(page.portal_url);
  });
  return (
    <>
      <Refusal error={error} />
      <Button variant="default" loading={isPending} onClick={() => mutate()}>
        {text}
      </Button>
    </>
  );
}
