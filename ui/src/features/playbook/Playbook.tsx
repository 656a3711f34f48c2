// The operator's playbook, where it is needed: the same page as in docs/, at the reason code or the heading that was
// asked for.

import { t } from "@lingui/core/macro";
import { ArrowLeft } from "lucide-react";
import { useEffect, useRef, type MouseEvent, type ReactNode } from "react";
import Markdown, { type Components } from "react-markdown";
import rehypeSlug from "rehype-slug";
import remarkGfm from "remark-gfm";
import playbook from "../../../../docs/playbook.md?raw";
import { Button } from "../../shared/controls";
import "./playbook.css";

/** A heading of the page, or the row of a reason code. */
function find(root: HTMLElement, place: string): HTMLElement | null {
  const heading = root.querySelector<HTMLElement>(`#${CSS.escape(place)}`);
  if (heading !== null) return heading;
  const code = [...root.querySelectorAll("td:first-child code")].find((each) => each.textContent === place);
  return code?.closest("tr") ?? null;
}

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

const components: Components = {
  a: ({ href, children }) => <PageLink href={href}>{children}</PageLink>,
  table: ({ children }) => (
    <div className="playbook-table">
      <table>{children}</table>
    </div>
  ),
};

export default function Playbook({ place }: { place: string | null }): ReactNode {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (root.current === null) return;
    const target = place === null ? root.current.querySelector<HTMLElement>("h1") : find(root.current, place);
    if (target !== null) jump(target);
  }, [place]);
  return (
    <div ref={root} className="playbook selectable" data-testid="playbook">
      <Button look="quiet" small className="playbook-back" onPress={() => window.history.back()}>
        <ArrowLeft size={16} className="flips" aria-hidden /> {t`Back`}
      </Button>
      <article lang="en" dir="ltr">
        <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSlug]} components={components}>
          {playbook}
        </Markdown>
      </article>
    </div>
  );
}
