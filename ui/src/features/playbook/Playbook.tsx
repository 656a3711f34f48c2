// The operator's playbook, where it is needed: the same page as in docs/, at the reason code or the heading that was
// asked for.

import { useEffect, useLayoutEffect, useRef, useState, type MouseEvent, type ReactNode } from "react";
import Markdown, { type Components } from "react-markdown";
import rehypeSlug from "rehype-slug";
import remarkGfm from "remark-gfm";
import playbook from "../../../../docs/playbook.md?raw";
import { Back } from "../../shared/controls";
import "./playbook.css";

/** A heading of the page, or the row of a reason code. `TASK_...` stands for every code that begins so. */
function find(root: HTMLElement, place: string): HTMLElement | null {
  const heading = root.querySelector<HTMLElement>(`#${CSS.escape(place)}`);
  if (heading !== null) return heading;
  const names = (text: string) => text === place || (text.endsWith("...") && place.startsWith(text.slice(0, -3)));
  const code = [...root.querySelectorAll("td:first-child code")].find((each) => names(each.textContent));
  return code?.closest("tr") ?? null;
}

/** Where the page says what to do about a rule's answer of a few words, which has no row of its own. */
const OTHER_CODES = "what-one-action-can-be-answered";

function jump(target: HTMLElement): void {
  target.tabIndex = -1;
  target.dataset["found"] = "";
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "center" });
}

/** The page links to its own headings; other pages of the documentation are not in the app, and their names stay text. */
function PageLink({ href, children }: { href?: string | undefined; children?: ReactNode }): ReactNode {
  if (href === undefined || !href.startsWith("#")) return <span>{children}</span>;
  const onClick = (event: MouseEvent<HTMLAnchorElement>) => {
    event.preventDefault();
    const root = event.currentTarget.closest<HTMLElement>(".playbook");
    const target = root === null ? null : find(root, href.slice(1));
    if (target !== null) jump(target);
  };
  return (
    <a href={href} onClick={onClick}>
      {children}
    </a>
  );
}

/** A table that is wider than its place is scrolled by the keys too: then it is a stop of the Tab key, named by the heading
 * above it. */
function Table({ children }: { children?: ReactNode }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [heading, setHeading] = useState<string | null>(null);
  useLayoutEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const look = () => {
      let above = place.previousElementSibling;
      while (above !== null && above.id === "") above = above.previousElementSibling;
      setHeading(place.scrollWidth > place.clientWidth ? (above?.id ?? "") : null);
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(place);
    return () => sizes.disconnect();
  }, []);
  return (
    <div ref={box} className="playbook-table" {...(heading === null ? {} : { role: "region", tabIndex: 0, "aria-labelledby": heading })}>
      <table>{children}</table>
    </div>
  );
}

const components: Components = {
  a: ({ href, children }) => <PageLink href={href}>{children}</PageLink>,
  table: ({ children }) => <Table>{children}</Table>,
};

export default function Playbook({ place }: { place: string | null }): ReactNode {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (root.current === null) return;
    const target = place === null ? root.current.querySelector<HTMLElement>("h1") : (find(root.current, place) ?? find(root.current, OTHER_CODES));
    if (target !== null) jump(target);
  }, [place]);
  return (
    <div ref={root} className="playbook selectable" data-testid="playbook">
      <Back />
      <article lang="en" dir="ltr">
        <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSlug]} components={components}>
          {playbook}
        </Markdown>
      </article>
    </div>
  );
}
