import { Link } from '@tanstack/react-router';
import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { Head, Section } from '../../parts/section.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { titleOf, useHeldProducts, useProductLinks } from '../../products/product-links.ts';
import { useTexts } from '../../text/index.ts';
import { type Held, useHeld, useSoldNames } from './data.ts';
import { Notices } from './notices.tsx';
import { ProductPlans } from './product-plans.tsx';
import { readPlanSearch } from './search.ts';
import { usePriceText } from './price-text.ts';
import { texts } from './texts.ts';
import { useStanding } from './standing.ts';

/** What the account has of each product; one of them opened, with all of its plans. */
export function Plan() {
  const { say } = useTexts(texts);
  const chosen = useAccount();
  return (
    <>
      <Head title={say('nav.plan')} />
      {chosen !== undefined && <PlansOf key={chosen.account.id} />}
    </>
  );
}

function PlansOf() {
  const { product, bought } = useSearchOf(readPlanSearch);
  const asked = useHeld(bought);
  const held = asked.data;
  const opened = openedOf(held ?? [], product);
  return (
    <>
      {held !== undefined && <Notices held={held} />}
      <Products asked={asked} opened={opened?.entitlement.product} />
      {opened !== undefined && <ProductPlans key={opened.entitlement.product} held={opened} />}
      <MoreProducts />
    </>
  );
}

/** That of the address, else what is paid for, else what is given. */
const openedOf = (held: readonly Held[], product: string | undefined): Held | undefined =>
  held.find(({ entitlement }) => entitlement.product === product) ??
  held.find(({ subscription }) => subscription !== undefined) ??
  held.find(({ entitlement: { source } }) => source !== 'default') ??
  held[0];

function Products({
  asked,
  opened,
}: {
  readonly asked: ReturnType<typeof useHeld>;
  readonly opened: string | undefined;
}) {
  const { say } = useTexts(texts);
  const priceText = usePriceText();
  const standingOf = useStanding();
  const nameOf = useSoldNames();
  return (
    <Table
      label={say('products')}
      rows={asked.data}
      asked={asked}
      lines={6}
      keyOf={({ entitlement: { product } }) => product}
      opened={opened}
      empty={say('noProducts')}
      columns={[
        {
          head: say('product'),
          cell: ({ entitlement: { product, name } }) => (
            <Link to="/app/plan" search={{ product }} resetScroll={false}>
              {name}
            </Link>
          ),
        },
        { head: say('plan'), cell: ({ entitlement: { plan_name: plan } }) => plan ?? '–' },
        {
          head: say('state'),
          isDim: true,
          cell: (held) => {
            const { text, isBad } = standingOf(held);
            return isBad ? <StateBadge color="red">{text}</StateBadge> : text;
          },
        },
        {
          head: say('addOns'),
          isDim: true,
          cell: ({ entitlement: { add_ons: addOns } }) =>
            addOns.map(({ id }) => nameOf(id)).join(', ') || '–',
        },
        {
          head: say('price'),
          isFigure: true,
          cell: ({ subscription }) => (subscription === undefined ? '–' : priceText(subscription)),
        },
      ]}
    />
  );
}

/** Products with pages that the navigation leaves out, since the account has no plan of them. */
function MoreProducts() {
  const { say } = useTexts(texts);
  const held = useHeldProducts();
  const links = useProductLinks(false).filter(({ product }) => held?.has(product) === false);
  const firsts = links.filter(
    ({ product }, index) => links.findIndex((one) => one.product === product) === index,
  );
  if (firsts.length === 0) return null;
  return (
    <Section title={say('moreProducts')}>
      <p className="dim">{say('moreProducts.about')}</p>
      <ul className="more">
        {firsts.map((params) => (
          <li key={params.product}>
            <Link to="/app/products/$product/$page" params={params}>
              {titleOf(params.product)}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
