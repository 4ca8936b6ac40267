import { useState } from "preact/hooks";
import type { Schemas } from "../../../client/src/index.ts";
import { Action } from "../../components/action.tsx";
import { Badge } from "../../components/badge.tsx";
import { Curl, curlOf } from "../../components/curl.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Page } from "../../components/page.tsx";
import { Pager } from "../../components/pager.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/values.tsx";
import { useGet } from "../../data/read.ts";
import { session } from "../../session/session.ts";
import { choice, pageNumber, useUrlState } from "../../url/state.ts";
import { DeleteToken } from "./delete.tsx";
import { NewToken } from "./new.tsx";
import { presetOf } from "./presets.ts";
import { RotateToken } from "./rotate.tsx";

type Token = Schemas["OrganizationAccessToken"];
const LIMIT = 50;
const URL_STATE = {
  sorting: choice(["-created_at", "created_at", "comment", "-comment", "last_used_at", "-last_used_at"], "-created_at"),
  page: pageNumber(),
};

/** The organization's access tokens. */
export default function TokensPage() {
  const state = useUrlState(URL_STATE);
  const { sorting, page } = state.values;
  const request = { query: { sorting: [sorting], page, limit: LIMIT } };
  const tokens = useGet("/v1/organization-access-tokens/", request);
  const [open, setOpen] = useState<{ action: "new" } | { action: "rotate" | "delete"; token: Token } | null>(null);
  const close = () => setOpen(null);
  const create = (
    <Action kind="primary" scope="organization_access_tokens:write" onClick={() => setOpen({ action: "new" })}>
      New token
    </Action>
  );
  return (
    <Page title="Tokens" actions={create} refused={state.refused}>
      <Loaded read={tokens} lines={4} height={36}>
        {({ items, pagination }) => (
          <>
            <Table
              caption="Tokens"
              columns={[...COLUMNS, actionsOf((action, token) => setOpen({ action, token }))]}
              rows={items}
              keyOf={({ id }) => id}
              order={{ by: sorting, hrefOf: (by) => state.hrefOf({ sorting: by as typeof sorting }) }}
            />
            <Pager
              page={page}
              limit={LIMIT}
              total={pagination.total_count}
              hrefOf={(to) => state.hrefOf({ page: to })}
            />
          </>
        )}
      </Loaded>
      <Curl commands={[curlOf("get", "/v1/organization-access-tokens/", request)]} />
      {open?.action === "new" && <NewToken onClose={close} />}
      {open?.action === "rotate" && <RotateToken token={open.token} onClose={close} />}
      {open?.action === "delete" && <DeleteToken token={open.token} onClose={close} />}
    </Page>
  );
}

const COLUMNS: Column<Token>[] = [
  {
    label: "Comment",
    sorting: "comment",
    cell: ({ id, comment, expires_at }) => (
      <span class="row">
        {comment ? <bdi>{comment}</bdi> : <span class="quiet">without a comment</span>}
        {id === session.value?.record.id && <Badge kind="success">in use here</Badge>}
        {expires_at !== null && Date.parse(expires_at) <= Date.now() && <Badge kind="danger">expired</Badge>}
      </span>
    ),
  },
  {
    label: "Scopes",
    kind: "text",
    cell: ({ scopes }) => {
      const preset = presetOf(scopes);
      return (
        <span class="small">
          {preset === "custom" ? scopes.join(", ") : <span title={scopes.join(", ")}>{preset}</span>}
        </span>
      );
    },
  },
  { label: "Last used", sorting: "last_used_at", cell: ({ last_used_at }) => <Time value={last_used_at} /> },
  { label: "Expires", cell: ({ expires_at }) => <Time value={expires_at} /> },
  { label: "Created", sorting: "created_at", cell: ({ created_at }) => <Time value={created_at} /> },
];

function actionsOf(onAction: (action: "rotate" | "delete", token: Token) => void): Column<Token> {
  return {
    label: "Actions",
    kind: "actions",
    cell: (token) => (
      <span class="row nowrap">
        <Action scope="organization_access_tokens:write" onClick={() => onAction("rotate", token)}>
          Rotate
        </Action>
        <Action kind="danger" scope="organization_access_tokens:write" onClick={() => onAction("delete", token)}>
          Delete
        </Action>
      </span>
    ),
  };
}
