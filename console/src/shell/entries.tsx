import { Link } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useIsMine } from '../account.ts';
import { lazyPart } from '../parts/lazy-part.ts';
import { titleOf, useHeldProducts, useProductLinks } from '../products/product-links.ts';
import { useTexts } from '../text/index.ts';
import { Foot } from './foot.tsx';
import { ENTRIES, type IconName } from './pages.ts';

const Icon = lazyPart(() => import('./icons.tsx'), 'Icon');
const addressOf = (product: string, page: string) => `/app/products/${product}/${page}`;
const EXACT = { exact: true, includeSearch: false };

interface EntryProps {
  readonly icon: IconName;
  readonly name: string;
  readonly path: string;
  readonly pages: readonly { readonly to: string; readonly name: string }[];
}

/**
 * The entries of one side, Account or Operator: the side of the page that is open. Products stand below the server's own: at the
 * account's side those that it has a plan of, and the one whose page is open.
 */
export function Entries({ path }: { readonly path: string }) {
  const { say, language } = useTexts();
  const isMine = useIsMine();
  const operatorLinks = useProductLinks(true);
  const areOperators =
    ENTRIES.some(({ isOperators, pages }) => isOperators === true && pages.some(({ to }) => to === path)) ||
    operatorLinks.some(({ product, page }) => addressOf(product, page) === path);
  const held = useHeldProducts();
  const ownLinks = useProductLinks(false);
  const opened = ownLinks.find(({ product, page }) => addressOf(product, page) === path)?.product;
  const links = areOperators
    ? operatorLinks
    : ownLinks.filter(({ product }) => held?.has(product) === true || product === opened);
  return (
    <>
      {isMine({ isOperators: true }) && (
        <div className="sides">
          <Link to="/" data-chosen={!areOperators}>
            {say('nav.account')}
          </Link>
          <Link to="/app/overview" data-chosen={areOperators}>
            {say('nav.operator')}
          </Link>
        </div>
      )}
      {ENTRIES.filter(({ isOperators = false }) => isOperators === areOperators).map(
        ({ icon, text, pages }) => {
          const [first, ...others] = pages
            .filter(isMine)
            .map((page) => ({ to: page.to, name: say(page.text) }));
          return first === undefined ? null : (
            <Entry
              key={first.to}
              icon={icon}
              path={path}
              name={text === undefined ? first.name : say(text)}
              pages={text === undefined ? [{ ...first, name: '' }, ...others] : [first, ...others]}
            />
          );
        },
      )}
      {links.length > 0 && <h2>{say('nav.products')}</h2>}
      {[...new Set(links.map(({ product }) => product))].map((key) => (
        <Entry
          key={key}
          icon="product"
          name={held?.get(key) ?? titleOf(key)}
          path={path}
          pages={links
            .filter(({ product }) => product === key)
            .map(({ page, title }) => ({ to: addressOf(key, page), name: title[language] }))}
        />
      ))}
      <Foot />
    </>
  );
}

/** A page without a name is the entry itself. */
function Entry({ icon, name, path, pages }: EntryProps) {
  const isOpen = pages.some(({ to }) => to === path);
  return (
    <>
      <Link className="entry" to={pages[0]?.to ?? '/'} data-open={isOpen} activeOptions={EXACT}>
        <Suspense fallback={<i className="icon" />}>
          <Icon name={icon} />
        </Suspense>
        {name}
      </Link>
      {isOpen &&
        pages
          .filter((page) => page.name !== '')
          .map((page) => (
            <Link key={page.to} className="sub" to={page.to} activeOptions={EXACT}>
              {page.name}
            </Link>
          ))}
    </>
  );
}
