interface TabsProps<View extends string> {
  readonly views: Readonly<Record<View, string>>;
  readonly view: View;
  readonly choose: (view: View) => void;
}

/** Which of some views of a page is shown. */
export function Tabs<View extends string>({ views, view, choose }: TabsProps<View>) {
  return (
    <p className="filters" role="tablist">
      {(Object.keys(views) as View[]).map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          aria-selected={one === view}
          className="quiet tab"
          onClick={() => choose(one)}
        >
          {views[one]}
        </button>
      ))}
    </p>
  );
}
