// Generated from reference/openapi.json by npm run openapi.

/** The operations of the API by path and method. */
export interface paths {
  "/v1/meters/": {
    /** List Meters */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** Only meters whose name contains this text; case is ignored. */
          "query"?: string | null;
          /** `true` for archived meters only, `false` for the others only. */
          "is_archived"?: boolean | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The fields to sort by, the most significant first. Ties are sorted by id. */
          "sorting"?: (Schemas["MeterSortProperty"])[] | null;
          /** Only meters with these metadata values. */
          "metadata"?: Schemas["MetadataQuery"];
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_Meter_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Create Meter */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["MeterCreate"] } };
      responses: {
        201: { content: { "application/json": Schemas["MeterCreated"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/meters/preview": {
    /** Preview Meter */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["MeterPreview"] } };
      responses: {
        200: { content: { "application/json": Schemas["MeterPreviewQuantities"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/meters/explain": {
    /** Explain Definition */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["DefinitionExplain"] } };
      responses: {
        200: { content: { "application/json": Schemas["DefinitionExplanation"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/meters/{id}/explain": {
    /** Explain Meter */
    post: {
      parameters: {
        path: {
          /** The id of a meter in your organization; create one first. Create Meter and List Meters return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["MeterExplain"] } };
      responses: {
        200: { content: { "application/json": Schemas["MeterExplanation"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/meters/{id}": {
    /** Get Meter */
    get: {
      parameters: {
        path: {
          /** The id of a meter in your organization; create one first. Create Meter and List Meters return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Versions that you have, such as `"1"`: when one of them is current, the answer is a 304. Edgemeter's own. */
          "If-None-Match"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Meter"] } };
        304: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Update Meter */
    patch: {
      parameters: {
        path: {
          /** The id of a meter in your organization; create one first. Create Meter and List Meters return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** The version that you read, such as `"1"`: when the resource has changed since, the answer is a 412. Edgemeter's own. */
          "If-Match"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["MeterUpdate"] } };
      responses: {
        200: { content: { "application/json": Schemas["Meter"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        412: { content: { "application/json": Schemas["PreconditionFailed"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/meters/{id}/quantities": {
    /** Get Meter Quantities */
    get: {
      parameters: {
        path: {
          /** The id of a meter in your organization; create one first. Create Meter and List Meters return it. */
          "id": string;
        };
        query: {
          /** The start of the requested range, and the time of the first row; not before 2023, even where events are older. */
          "start_timestamp": string;
          /** The end of the requested range, at most 7 days after the start with `hour`, 366 with `day`, 371 with `week`, 1460 with `month`, 3650 with `year`, and ten years with `total`, which does not include the end. */
          "end_timestamp": string;
          /** The length of the period that a row covers; `total` for one row that covers exactly the range. */
          "interval": Schemas["TimeInterval"];
          /** The time zone in which days, weeks, months and years begin: an IANA name. */
          "timezone"?: string;
          /** Only events of these customers, by either of their ids. */
          "customer_id"?: string | (string)[] | null;
          /** Only events of these customers, by your own ids; adds to `customer_id`. */
          "external_customer_id"?: string | (string)[] | null;
          /** Aggregates the events of each customer first, then combines the customers' quantities with this function. */
          "customer_aggregation_function"?: Schemas["AggregationFunction"] | null;
          /** Also answers the quantities of groups: by `customer`, or by the value of a property as filters name it, such as `model` or `_llm.model`; `metadata.customer` is a property. By a property the events of the range are examined. Not with `customer_aggregation_function`. Edgemeter's own. */
          "group_by"?: string | null;
          /** The order of the groups: by their totals, ties by key; or by key. Edgemeter's own. */
          "group_sorting"?: Schemas["GroupSorting"];
          /** How many groups are shown, 1 to 100. All others together are in `others`. Edgemeter's own. */
          "group_limit"?: number | null;
          /** Only events with these metadata values. */
          "metadata"?: Schemas["MetadataQuery"];
          /** `csv` answers with CSV as `Accept: text/csv` does, `json` with JSON, whatever `Accept` says. Edgemeter's own. */
          "format"?: "json" | "csv" | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["MeterQuantities"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/events/": {
    /** List Events */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** Only events that match this filter: JSON as in Create Meter, such as `{"conjunction":"and","clauses":[]}`. With `meter_id`, both filters together can have at most 300 clauses. */
          "filter"?: string | null;
          /** Only events after this time. */
          "start_timestamp"?: string | null;
          /** Only events before this time. */
          "end_timestamp"?: string | null;
          /** Only events of these customers, by either of their ids. */
          "customer_id"?: string | (string)[] | null;
          /** Only events of these customers, by your own ids; adds to `customer_id`. */
          "external_customer_id"?: string | (string)[] | null;
          /** Only events with these ids of your own. Edgemeter's own. */
          "external_id"?: string | (string)[] | null;
          /** Only events that match the filter of this meter in your organization, and are not voided; any other id is a 422. */
          "meter_id"?: string | null;
          /** Only events with these names. */
          "name"?: string | (string)[] | null;
          /** Only events that were made by these sources. */
          "source"?: Schemas["EventSource"] | (Schemas["EventSource"])[] | null;
          /** Only events whose name contains this text of 3 characters or more; the case of A to Z is ignored. Requires `organization_id`. */
          "query"?: string | null;
          /** Only events that belong to this one. Event hierarchies are not available yet, so no event matches. */
          "parent_id"?: string | null;
          /** The depth of the hierarchy. Event hierarchies are not available yet, so this changes nothing. */
          "depth"?: number | null;
          /** Only voided events, or only others. Edgemeter's own. */
          "voided"?: boolean | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The order: newest first by default. */
          "sorting"?: (Schemas["EventSortProperty"])[] | null;
          /** Only events with these metadata values. */
          "metadata"?: Schemas["MetadataQuery"];
          /** Reads the list to its end in a stable order, without counting: empty for the first page, then `next_cursor` of the page before, with the same parameters. Not together with `page`. Edgemeter's own. */
          "cursor"?: string | null;
          /** `csv` answers with CSV as `Accept: text/csv` does, `json` with JSON, whatever `Accept` says. Edgemeter's own. */
          "format"?: "json" | "csv" | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_Event_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/events/ingest": {
    /** Ingest Events */
    post: {
      parameters: {
        header?: {
          /** `return=representation` requests the outcome of each event; `handling=strict` refuses fields with unknown names (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["EventsIngest"] } };
      responses: {
        200: { content: { "application/json": Schemas["EventsIngestResponse"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/events/void": {
    /** Void Events */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["EventsVoid"] } };
      responses: {
        200: { content: { "application/json": Schemas["EventsVoidResponse"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/events/names": {
    /** List Event Names */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** Only events of these customers, by either of their ids. */
          "customer_id"?: string | (string)[] | null;
          /** Only events of these customers, by your own ids; adds to `customer_id`. */
          "external_customer_id"?: string | (string)[] | null;
          /** Only events that were made by these sources. */
          "source"?: Schemas["EventSource"] | (Schemas["EventSource"])[] | null;
          /** Only names that contain this text; the case of A to Z is ignored. */
          "query"?: string | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The fields to sort by, the most significant first. */
          "sorting"?: (Schemas["EventNamesSortProperty"])[] | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_EventName_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/events/{id}": {
    /** Get Event */
    get: {
      parameters: {
        path: {
          /** The id of an event in your organization; ingest one first. List Events returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Event"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/events/{id}/meters": {
    /** List Meters of Event */
    get: {
      parameters: {
        path: {
          /** The id of an event in your organization; ingest one first. List Events returns it. */
          "id": string;
        };
        query?: {
          /** `true` for archived meters too. */
          "archived"?: boolean;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_MeterExplanation_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customers/": {
    /** List Customers */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** Only the customer with this e-mail address; case is ignored. */
          "email"?: string | null;
          /** Only customers whose e-mail address or name contains this text, or whose `external_id` begins with it; case is ignored. */
          "query"?: string | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The fields to sort by, the most significant first. Customers without a name come last in ascending order. Ties are sorted by id. */
          "sorting"?: (Schemas["CustomerSortProperty"])[] | null;
          /** Only customers with these metadata values. */
          "metadata"?: Schemas["MetadataQuery"];
          /** Reads the list to its end in a stable order, without counting: empty for the first page, then `next_cursor` of the page before, with the same parameters. Not together with `page`. Edgemeter's own. */
          "cursor"?: string | null;
          /** `csv` answers with CSV as `Accept: text/csv` does, `json` with JSON, whatever `Accept` says. Edgemeter's own. */
          "format"?: "json" | "csv" | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_Customer_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Create Customer */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["CustomerCreate"] } };
      responses: {
        201: { content: { "application/json": Schemas["Customer"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customers/{id}": {
    /** Get Customer */
    get: {
      parameters: {
        path: {
          /** The id of a customer in your organization; create one first. Create Customer and List Customers return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Versions that you have, such as `"1"`: when one of them is current, the answer is a 304. Edgemeter's own. */
          "If-None-Match"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Customer"] } };
        304: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Update Customer */
    patch: {
      parameters: {
        path: {
          /** The id of a customer in your organization; create one first. Create Customer and List Customers return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** The version that you read, such as `"1"`: when the resource has changed since, the answer is a 412. Edgemeter's own. */
          "If-Match"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["CustomerUpdate"] } };
      responses: {
        200: { content: { "application/json": Schemas["Customer"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        412: { content: { "application/json": Schemas["PreconditionFailed"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
    /** Delete Customer */
    delete: {
      parameters: {
        path: {
          /** The id of a customer in your organization; create one first. Create Customer and List Customers return it. */
          "id": string;
        };
        query?: {
          /** Also removes the e-mail address, the name and the metadata from storage; from a customer that is deleted already, too. */
          "anonymize"?: boolean;
          /** Also erases the customer's events by either id, their share in quantities, the `external_id` and all that `anonymize` removes; of a customer that is deleted already, too. The answer is 202 until it is done: repeat the request. Edgemeter's own. */
          "events"?: boolean;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        202: { content: { "application/json": Schemas["CustomerErasure"] } };
        204: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customers/{id}/state": {
    /** Get Customer State */
    get: {
      parameters: {
        path: {
          /** The id of a customer in your organization; create one first. Create Customer and List Customers return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["CustomerState"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customers/external/{external_id}": {
    /** Get Customer by External ID */
    get: {
      parameters: {
        path: {
          /** Your own id of a customer, percent-encoded, a slash in it too. */
          "external_id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Versions that you have, such as `"1"`: when one of them is current, the answer is a 304. Edgemeter's own. */
          "If-None-Match"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Customer"] } };
        304: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Update Customer by External ID */
    patch: {
      parameters: {
        path: {
          /** Your own id of a customer, percent-encoded, a slash in it too. */
          "external_id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** The version that you read, such as `"1"`: when the resource has changed since, the answer is a 412. Edgemeter's own. */
          "If-Match"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["CustomerUpdateExternalID"] } };
      responses: {
        200: { content: { "application/json": Schemas["Customer"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        412: { content: { "application/json": Schemas["PreconditionFailed"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
    /** Delete Customer by External ID */
    delete: {
      parameters: {
        path: {
          /** Your own id of a customer, percent-encoded, a slash in it too. */
          "external_id": string;
        };
        query?: {
          /** Also removes the e-mail address, the name and the metadata from storage; from a customer that is deleted already, too. */
          "anonymize"?: boolean;
          /** Also erases the customer's events by either id, their share in quantities, the `external_id` and all that `anonymize` removes; of a customer that is deleted already, too. The answer is 202 until it is done: repeat the request. Edgemeter's own. */
          "events"?: boolean;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        202: { content: { "application/json": Schemas["CustomerErasure"] } };
        204: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customers/external/{external_id}/state": {
    /** Get Customer State by External ID */
    get: {
      parameters: {
        path: {
          /** Your own id of a customer, percent-encoded, a slash in it too. */
          "external_id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["CustomerState"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-meters/": {
    /** List Customer Meters */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** Only these customers. */
          "customer_id"?: string | (string)[] | null;
          /** Only the customers with these ids of your own. */
          "external_customer_id"?: string | (string)[] | null;
          /** Only these meters, archived ones too. */
          "meter_id"?: string | (string)[] | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The fields to sort by, the most significant first. Null comes last in ascending order, and first in descending order. Ties are sorted by the ids of customer and meter. */
          "sorting"?: (Schemas["CustomerMeterSortProperty"])[] | null;
          /** Reads the list to its end in a stable order, without counting: empty for the first page, then `next_cursor` of the page before, with the same parameters. Not together with `page`. Edgemeter's own. */
          "cursor"?: string | null;
          /** `csv` answers with CSV as `Accept: text/csv` does, `json` with JSON, whatever `Accept` says. Edgemeter's own. */
          "format"?: "json" | "csv" | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_CustomerMeter_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-meters/{id}": {
    /** Get Customer Meter */
    get: {
      parameters: {
        path: {
          /** The id of a customer's meter; List Customer Meters and Get Customer State return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["CustomerMeter"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-meters/check": {
    /** Check Customer Meter */
    get: {
      parameters: {
        query: {
          /** The customer's id; or send `external_customer_id`. */
          "customer_id"?: string | null;
          /** Your own id of the customer; or send `customer_id`. */
          "external_customer_id"?: string | null;
          /** The meter's id; the meter may be archived. */
          "meter_id": string;
          /** How many units are needed. */
          "units"?: number;
          /** What must at least be available afterwards: 0 by default; a negative number allows an overdraft. */
          "minimum_balance"?: number;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["CustomerMeterChecked"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-meters/consume": {
    /** Consume */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["CustomerMeterConsume"] } };
      responses: {
        200: { content: { "application/json": Schemas["CustomerMeterConsumed"] | Schemas["CustomerMeterDenied"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customer-meters/credits": {
    /** Credit Customer */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["CustomerMeterCredit"] } };
      responses: {
        201: { content: { "application/json": Schemas["CustomerMeter"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customer-meters/resets": {
    /** Reset Customer Meter */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["CustomerMeterReset"] } };
      responses: {
        201: { content: { "application/json": Schemas["CustomerMeter"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customer-meters/holds": {
    /** List Holds */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** Only holds of these customers. */
          "customer_id"?: string | (string)[] | null;
          /** Only holds of the customers with these ids of your own. */
          "external_customer_id"?: string | (string)[] | null;
          /** Only holds on these meters. */
          "meter_id"?: string | (string)[] | null;
          /** Only holds with these statuses. */
          "status"?: Schemas["HoldStatus"] | (Schemas["HoldStatus"])[] | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The order: newest first by default. */
          "sorting"?: (Schemas["HoldSortProperty"])[] | null;
          /** Reads the list to its end in a stable order, without counting: empty for the first page, then `next_cursor` of the page before, with the same parameters. Not together with `page`. Edgemeter's own. */
          "cursor"?: string | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_Hold_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Create Hold */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["HoldCreate"] } };
      responses: {
        200: { content: { "application/json": Schemas["CustomerMeterDenied"] } };
        201: { content: { "application/json": Schemas["HoldCreated"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customer-meters/holds/{id}": {
    /** Get Hold */
    get: {
      parameters: {
        path: {
          /** The id of a hold in your organization; Create Hold returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Hold"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-meters/holds/{id}/settle": {
    /** Settle Hold */
    post: {
      parameters: {
        path: {
          /** The id of a hold in your organization; Create Hold returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["HoldSettle"] } };
      responses: {
        200: { content: { "application/json": Schemas["HoldSettled"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customer-meters/holds/{id}/release": {
    /** Release Hold */
    post: {
      parameters: {
        path: {
          /** The id of a hold in your organization; Create Hold returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Hold"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/alerts": {
    /** List Alerts */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** Only alerts on these meters. */
          "meter_id"?: string | (string)[] | null;
          /** Only alerts that watch no one but one of these customers. */
          "customer_id"?: string | (string)[] | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_Alert_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Create Alert */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["AlertCreate"] } };
      responses: {
        201: { content: { "application/json": Schemas["AlertChanged"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/alerts/{id}": {
    /** Get Alert */
    get: {
      parameters: {
        path: {
          /** The id of an alert in your organization; create one first. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Alert"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Update Alert */
    patch: {
      parameters: {
        path: {
          /** The id of an alert in your organization; create one first. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["AlertUpdate"] } };
      responses: {
        200: { content: { "application/json": Schemas["AlertChanged"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
    /** Delete Alert */
    delete: {
      parameters: {
        path: {
          /** The id of an alert in your organization; create one first. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        204: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/alerts/{id}/triggers": {
    /** List Triggers */
    get: {
      parameters: {
        path: {
          /** The id of an alert in your organization; create one first. */
          "id": string;
        };
        query?: {
          /** Only triggers of these customers. */
          "customer_id"?: string | (string)[] | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_AlertTrigger_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-sessions/": {
    /** Create Customer Session */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["CustomerSessionCreate"] } };
      responses: {
        201: { content: { "application/json": Schemas["CustomerSession"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
    /** End Customer Sessions */
    delete: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        204: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/customer-portal/meters/": {
    /** List Meters of the Customer */
    get: {
      parameters: {
        query?: {
          /** Only these meters. */
          "meter_id"?: string | (string)[] | null;
          /** Only meters whose name contains this text; case is ignored. */
          "query"?: string | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The fields to sort by, the most significant first. Null comes last in ascending order, and first in descending order. Ties are sorted by the meter's id. */
          "sorting"?: (Schemas["CustomerCustomerMeterSortProperty"])[] | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_CustomerCustomerMeter_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] | Schemas["ExpiredSession"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-portal/meters/{id}": {
    /** Get Meter of the Customer */
    get: {
      parameters: {
        path: {
          /** The balance's id, which List Meters of the Customer returns. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["CustomerCustomerMeter"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] | Schemas["ExpiredSession"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-portal/meters/{id}/quantities": {
    /** Get Quantities of the Customer */
    get: {
      parameters: {
        path: {
          /** The balance's id, or the meter's. */
          "id": string;
        };
        query: {
          /** The start of the requested range, and the time of the first row; not before 2023, even where events are older. */
          "start_timestamp": string;
          /** The end of the requested range, at most 7 days after the start with `hour`, 366 with `day`, 371 with `week`, 1460 with `month`, 3650 with `year`, and ten years with `total`, which does not include the end. */
          "end_timestamp": string;
          /** The length of the period that a row covers; `total` for one row that covers exactly the range. */
          "interval": Schemas["TimeInterval"];
          /** The time zone in which days, weeks, months and years begin: an IANA name. */
          "timezone"?: string;
          /** Also answers the quantities of groups, by the value of one of the meter's dimensions. */
          "group_by"?: string | null;
          /** How many groups are shown, 1 to 100. All others together are in `others`. Edgemeter's own. */
          "group_limit"?: number | null;
          /** The order of the groups: by their totals, ties by key; or by key. Edgemeter's own. */
          "group_sorting"?: Schemas["GroupSorting"];
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["MeterQuantities"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] | Schemas["ExpiredSession"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-portal/customers/me": {
    /** Get Customer */
    get: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["CustomerPortalCustomer"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] | Schemas["ExpiredSession"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-portal/customer-session/introspect": {
    /** Introspect Customer Session */
    get: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["CustomerCustomerSession"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] | Schemas["ExpiredSession"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/customer-portal/customer-session/user": {
    /** Get Authenticated User */
    get: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["PortalAuthenticatedUser"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] | Schemas["ExpiredSession"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/webhooks/endpoints": {
    /** List Webhook Endpoints */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_WebhookEndpoint_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Create Webhook Endpoint */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["WebhookEndpointCreate"] } };
      responses: {
        201: { content: { "application/json": Schemas["WebhookEndpoint"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/webhooks/endpoints/{id}": {
    /** Get Webhook Endpoint */
    get: {
      parameters: {
        path: {
          /** The id of a webhook endpoint in your organization; Create Webhook Endpoint returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["WebhookEndpoint"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Update Webhook Endpoint */
    patch: {
      parameters: {
        path: {
          /** The id of a webhook endpoint in your organization; Create Webhook Endpoint returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["WebhookEndpointUpdate"] } };
      responses: {
        200: { content: { "application/json": Schemas["WebhookEndpoint"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
    /** Delete Webhook Endpoint */
    delete: {
      parameters: {
        path: {
          /** The id of a webhook endpoint in your organization; Create Webhook Endpoint returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        204: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/webhooks/endpoints/{id}/secret": {
    /** Reset Webhook Endpoint Secret */
    patch: {
      parameters: {
        path: {
          /** The id of a webhook endpoint in your organization; Create Webhook Endpoint returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["WebhookEndpoint"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/webhooks/endpoints/{id}/test": {
    /** Test Webhook Endpoint */
    post: {
      parameters: {
        path: {
          /** The id of a webhook endpoint in your organization; Create Webhook Endpoint returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        202: { content: { "application/json": null } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/webhooks/deliveries": {
    /** List Webhook Deliveries */
    get: {
      parameters: {
        query?: {
          /** Only attempts at these endpoints. */
          "endpoint_id"?: string | (string)[] | null;
          /** Only attempts from this time on. */
          "start_timestamp"?: string | null;
          /** Only attempts up to this time. */
          "end_timestamp"?: string | null;
          /** Only attempts that succeeded, or only those that failed. */
          "succeeded"?: boolean | null;
          /** Only attempts whose payload or answer contains this text, or of the event with this id. */
          "query"?: string | null;
          /** Only attempts that were answered with such a status. */
          "http_code_class"?: Schemas["WebhookHttpCodeClass"] | null;
          /** Only events of these types. */
          "event_type"?: Schemas["WebhookSentType"] | (Schemas["WebhookSentType"])[] | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_WebhookDelivery_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/webhooks/events/{id}/redeliver": {
    /** Redeliver Webhook Event */
    post: {
      parameters: {
        path: {
          /** The id of a webhook event of your organization; List Webhook Deliveries returns it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        202: { content: { "application/json": null } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/organization-access-tokens/": {
    /** List Organization Access Tokens */
    get: {
      parameters: {
        query?: {
          /** Only items of these organizations. A token sees only its own organization. */
          "organization_id"?: string | (string)[] | null;
          /** The page number; the first page is 1. */
          "page"?: number;
          /** Items per page. Values above 100 count as 100. */
          "limit"?: number;
          /** The fields to sort by, the most significant first. Ties are sorted by id. */
          "sorting"?: (Schemas["OrganizationAccessTokenSortProperty"])[] | null;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["ListResource_OrganizationAccessToken_"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
    /** Create Organization Access Token */
    post: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
          /** Makes the request safe to repeat: the same key with an equal body returns the first answer; with a different body, a 422. A key is forgotten 30 days after its first use. Edgemeter's own. */
          "Idempotency-Key"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["OrganizationAccessTokenCreate"] } };
      responses: {
        201: { content: { "application/json": Schemas["OrganizationAccessTokenCreateResponse"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/organization-access-tokens/introspect": {
    /** Introspect Organization Access Token */
    get: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["OrganizationAccessToken"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
  "/v1/organization-access-tokens/{id}": {
    /** Update Organization Access Token */
    patch: {
      parameters: {
        path: {
          /** The id of a token of your organization. Create Organization Access Token and List Organization Access Tokens return it. */
          "id": string;
        };
        query?: {
          /** Also when no other token with `organization_access_tokens:write` lasts for another week or as long: then only `npm run token` can make another. Edgemeter's own. */
          "force"?: boolean;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["OrganizationAccessTokenUpdate"] } };
      responses: {
        200: { content: { "application/json": Schemas["OrganizationAccessToken"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
    /** Delete Organization Access Token */
    delete: {
      parameters: {
        path: {
          /** The id of a token of your organization. Create Organization Access Token and List Organization Access Tokens return it. */
          "id": string;
        };
        query?: {
          /** Also when no other token with `organization_access_tokens:write` lasts for another week or as long: then only `npm run token` can make another. Edgemeter's own. */
          "force"?: boolean;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        204: { content?: never };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/organization-access-tokens/{id}/rotate": {
    /** Rotate Organization Access Token */
    post: {
      parameters: {
        path: {
          /** The id of a token of your organization. Create Organization Access Token and List Organization Access Tokens return it. */
          "id": string;
        };
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      requestBody: { content: { "application/json": Schemas["OrganizationAccessTokenRotate"] } };
      responses: {
        201: { content: { "application/json": Schemas["OrganizationAccessTokenCreateResponse"] } };
        400: { content: { "application/json": Schemas["BadRequest"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        404: { content: { "application/json": Schemas["ResourceNotFound"] } };
        409: { content: { "application/json": Schemas["Conflict"] } };
        413: { content: { "application/json": Schemas["RequestBodyTooLarge"] } };
        415: { content: { "application/json": Schemas["UnsupportedMediaType"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
        507: { content: { "application/json": Schemas["StorageFull"] } };
      };
    };
  };
  "/v1/organization": {
    /** Get Organization */
    get: {
      parameters: {
        header?: {
          /** `handling=strict` refuses fields and query parameters with unknown names, which are ignored otherwise (RFC 7240). Edgemeter's own. */
          "Prefer"?: string;
        };
      };
      responses: {
        200: { content: { "application/json": Schemas["Organization"] } };
        401: { content: { "application/json": Schemas["Unauthorized"] | Schemas["InvalidToken"] } };
        403: { content: { "application/json": Schemas["InsufficientScope"] } };
        422: { content: { "application/json": Schemas["HTTPValidationError"] } };
        429: { content: { "application/json": Schemas["RateLimitExceeded"] } };
        500: { content: { "application/json": Schemas["InternalServerError"] } };
        503: { content: { "application/json": Schemas["ServiceUnavailable"] } };
      };
    };
  };
}

/** What requests and answers consist of, by the names in the API's document. */
export interface Schemas {
  /** How the quantities of the customers are combined. */
  "AggregationFunction": "count" | "sum" | "max" | "min" | "avg" | "unique";
  /** What to be told about a meter's balances. Edgemeter's own. */
  "Alert": {
    /** The alert's id. */
    "id": string;
    /** When it was created. */
    "created_at": string;
    /** When it was last changed. */
    "modified_at": string | null;
    /** Its name. */
    "name": string;
    /** The meter whose balances it watches. */
    "meter_id": string;
    /** The only customer that it watches; null for every one. */
    "customer_id": string | null;
    "basis": Schemas["AlertBasis"];
    /** The values to be told about. */
    "thresholds": (number)[];
    /** Whether it triggers. */
    "enabled": boolean;
  };
  /** `consumed_units`: reached when at least as much is consumed. `balance`: reached when as much is left, or less. `consumed_percent`: 100 · consumed / credited units, reached when it is at least as high; never while nothing is credited. */
  "AlertBasis": "consumed_units" | "balance" | "consumed_percent";
  /** An alert after a change. Edgemeter's own. */
  "AlertChanged": {
    /** The alert's id. */
    "id": string;
    /** When it was created. */
    "created_at": string;
    /** When it was last changed. */
    "modified_at": string | null;
    /** Its name. */
    "name": string;
    /** The meter whose balances it watches. */
    "meter_id": string;
    /** The only customer that it watches; null for every one. */
    "customer_id": string | null;
    "basis": Schemas["AlertBasis"];
    /** The values to be told about. */
    "thresholds": (number)[];
    /** Whether it triggers. */
    "enabled": boolean;
    /** For how many customers a threshold is reached already, which triggers nothing; null when more than 1,000 customers would have to be examined. */
    "already_reached": number | null;
  };
  /** An alert to create. Edgemeter's own. */
  "AlertCreate": {
    /** What the alert is called. */
    "name": string;
    /** The meter whose balances it watches. */
    "meter_id": string;
    /** The only customer that it watches; every one, also later ones, without it. */
    "customer_id"?: string | null;
    "basis": Schemas["AlertBasis"];
    /** The values to be told about, up to 20 different ones. */
    "thresholds": (number)[];
    /** Whether it triggers. */
    "enabled"?: boolean;
  };
  /** A customer has reached thresholds. Edgemeter's own. */
  "AlertTrigger": {
    /** The trigger's id. */
    "id": string;
    /** When the thresholds were found to be reached. */
    "created_at": string;
    /** The customer who reached them. */
    "customer_id": string;
    /** Those that were reached at once, in ascending order. */
    "thresholds": (number)[];
    /** The value of the alert's basis then. */
    "value": number;
    /** When the customer's balance had last been reset; null if never. */
    "since": string | null;
  };
  /** The fields of an alert to change; the others stay as they are. Edgemeter's own. */
  "AlertUpdate": {
    /** What the alert is called. */
    "name"?: string;
    /** The values to be told about, up to 20 different ones. */
    "thresholds"?: (number)[];
    /** Whether it triggers. */
    "enabled"?: boolean;
  };
  /** What a token may do. */
  "AvailableScope": "meters:read" | "meters:write" | "events:read" | "events:write" | "customers:read" | "customers:write" | "customer_meters:read" | "customer_meters:write" | "customer_sessions:write" | "webhooks:read" | "webhooks:write" | "alerts:read" | "alerts:write" | "organization_access_tokens:read" | "organization_access_tokens:write";
  /** The body is not UTF-8. */
  "BadRequest": {
    "error": "BadRequest";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** Other requests kept changing the resource, or the request can mean several. */
  "Conflict": {
    "error": "Conflict";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** The cost of the event. */
  "CostMetadata-Input": {
    /** At most 5 digits before the point and 12 after it. A number with more decimals is rounded, half to even; text keeps every digit. Filters and aggregations take either as a number. */
    "amount": number | string;
    /** The only currency is `usd`. */
    "currency": "usd";
  };
  /** The cost of the event. */
  "CostMetadata-Output": {
    /** The amount, digit for digit. */
    "amount": string;
    /** The currency. */
    "currency": "usd";
  };
  /** Counts the matching events. */
  "CountAggregation": {
    "func": "count";
  };
  /** Where a list goes on that is read with `cursor`; it is not counted. Edgemeter's own. */
  "CursorPagination": {
    /** The `cursor` of the next page; null at the end. */
    "next_cursor": string | null;
  };
  /** A customer: a person or a company whose usage is metered. */
  "Customer": {
    /** The customer's id. */
    "id": string;
    /** When the customer was created. */
    "created_at": string;
    /** When the customer was last changed. */
    "modified_at": string | null;
    "metadata": Schemas["MetadataOutputType"];
    /** Your own id of the customer. */
    "external_id": string | null;
    /** The e-mail address. */
    "email": string;
    /** Always false: nothing is sent to the address. */
    "email_verified": false;
    /** Always `individual`: there are no teams. */
    "type": "individual";
    /** The customer's name. */
    "name": string | null;
    /** The same as the name. */
    "billing_name": string | null;
    /** Always null: Edgemeter does not bill. */
    "billing_address": null;
    /** Always null: Edgemeter does not bill. */
    "tax_id": null;
    /** Always null: Edgemeter does not bill. */
    "locale": null;
    /** The organization that the customer belongs to. */
    "organization_id": string;
    /** Always null: Edgemeter does not bill. */
    "default_payment_method_id": null;
    /** Always null: a deleted customer is not found. */
    "deleted_at": null;
    /** The time of the customer's earliest event, by either id; null without any. Every accepted event counts at once. */
    "first_user_event_at": string | null;
    /** A Gravatar address, which holds the SHA-256 of the e-mail address in lower case. */
    "avatar_url": string;
  };
  /** A customer to create. */
  "CustomerCreate": {
    /** Key-value pairs that are stored with the resource, at most 50. Keys have 1 to 40 characters; values are text of 1 to 500 characters, numbers or booleans. Integers beyond ±(2^53 − 1) are refused. */
    "metadata"?: {
      [name: string]: string | number | boolean;
    };
    /** Your own id of the customer, unique in the organization. It is trimmed here, and nowhere else: events and paths name it as it is answered. Blank is none; `.` and `..` are refused. */
    "external_id"?: string | null;
    /** The customer's name. It is trimmed; blank is none. */
    "name"?: string | null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "billing_address"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "tax_id"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "locale"?: null;
    /** The organization that the customer belongs to: only the token's own, which is the default. */
    "organization_id"?: string | null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "owner"?: null;
    /** Only `individual`; there are no teams. */
    "type"?: "individual";
    /** The e-mail address: unique in the organization, without regard to case. It is trimmed, and its domain written in lower case. Nothing is sent to it. */
    "email": string;
  };
  /** What a customer has used of a meter, was credited, and has left. */
  "CustomerCustomerMeter": {
    /** The id of this customer and meter together. It never changes. */
    "id": string;
    /** When the customer or the meter was created, whichever was later. */
    "created_at": string;
    /** When the last event that counts here, credit or reset was accepted; null before the first. */
    "modified_at": string | null;
    /** The meter's id. */
    "meter_id": string;
    /** The meter's aggregation of the customer's events since the last reset, whatever their timestamps; 0 without any. */
    "consumed_units": number;
    /** The sum of the credits since the last reset. It never falls below zero. */
    "credited_units": number;
    /** The credited units minus the consumed units; it can be negative. */
    "balance": number;
    /** The sum of the open holds, which `balance` does not subtract. Edgemeter's own. */
    "held_units": number;
    /** The customer's id. */
    "customer_id": string;
    "meter": Schemas["CustomerCustomerMeterMeter"];
    /** The unit of the numbers. Edgemeter's own. */
    "unit": Schemas["MeterUnit"];
    /** What the unit `custom` is called. Edgemeter's own. */
    "custom_label": string | null;
    /** When the balance was last reset; null before the first time, and where the event of the reset is no longer kept. Edgemeter's own. */
    "reset_at": string | null;
  };
  /** What a customer sees of a meter. */
  "CustomerCustomerMeterMeter": {
    /** When the meter was created. */
    "created_at": string;
    /** When the meter was last changed. */
    "modified_at": string | null;
    /** The meter's id. */
    "id": string;
    /** The meter's name. */
    "name": string;
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "CustomerCustomerMeterSortProperty": "created_at" | "-created_at" | "modified_at" | "-modified_at" | "meter_id" | "-meter_id" | "meter_name" | "-meter_name" | "consumed_units" | "-consumed_units" | "credited_units" | "-credited_units" | "balance" | "-balance";
  /** The session of the request. */
  "CustomerCustomerSession": {
    /** Until when the session is valid. */
    "expires_at": string;
    /** Where the page leads back to. */
    "return_url": string | null;
  };
  /** An erasure that is under way. */
  "CustomerErasure": {
    /** How many events, stored and exported ones, are still to be examined at most. */
    "remaining": number;
  };
  /** What a customer has used of a meter, was credited, and has left. */
  "CustomerMeter": {
    /** The id of this customer and meter together. It never changes. */
    "id": string;
    /** When the customer or the meter was created, whichever was later. */
    "created_at": string;
    /** When the last event that counts here, credit or reset was accepted; null before the first. */
    "modified_at": string | null;
    /** The customer's id. */
    "customer_id": string;
    /** The meter's id. */
    "meter_id": string;
    /** The meter's aggregation of the customer's events since the last reset, whatever their timestamps; 0 without any. */
    "consumed_units": number;
    /** The sum of the credits since the last reset. It never falls below zero. */
    "credited_units": number;
    /** The credited units minus the consumed units; it can be negative. */
    "balance": number;
    /** The sum of the open holds, which `balance` does not subtract. Edgemeter's own. */
    "held_units": number;
    "customer": Schemas["Customer"];
    "meter": Schemas["Meter"];
  };
  /** What is available. Edgemeter's own. */
  "CustomerMeterChecked": {
    /** Whether as many units could be consumed now. */
    "allowed": boolean;
    /** The units that were asked for. */
    "required": number;
    /** The balance minus the held units. */
    "available": number;
    "customer_meter": Schemas["CustomerMeter"];
  };
  /** An event to append if enough is available. Edgemeter's own. */
  "CustomerMeterConsume": {
    /** The customer's id; or send `external_customer_id`. */
    "customer_id"?: string | null;
    /** Your own id of the customer, which a customer must have; or send `customer_id`. */
    "external_customer_id"?: string | null;
    /** The meter's id; the meter may be archived. */
    "meter_id": string;
    /** What must at least be available afterwards: 0 by default; a negative number allows an overdraft. */
    "minimum_balance"?: number;
    "event": Schemas["EventCreateWithoutCustomer"];
  };
  /** The event is stored. Edgemeter's own. */
  "CustomerMeterConsumed": {
    "allowed": true;
    "event": Schemas["EventOutcome"];
    /** By how much the event raises, or would raise, `consumed_units`. */
    "required": number;
    /** The balance minus the held units, after the event. */
    "available": number;
    "customer_meter": Schemas["CustomerMeter"];
    /** Present when something is probably not as it was meant; at most 20. Edgemeter's own. */
    "warnings"?: (Schemas["Warning"])[];
  };
  /** A credit. */
  "CustomerMeterCredit": {
    /** The customer's id; or send `external_customer_id`. */
    "customer_id"?: string | null;
    /** Your own id of the customer, which a customer must have; or send `customer_id`. */
    "external_customer_id"?: string | null;
    /** The meter's id; the meter may be archived. */
    "meter_id": string;
    /** The units to credit, or to take away where they are negative: any integer within ±(2^53 − 1) except 0. */
    "units": number;
    /** Pairs of your own, at most 50, which are stored in the event beside `meter_id`, `units` and `rollover`; these three keys are refused here. */
    "metadata"?: {
      [name: string]: string | number | boolean;
    };
  };
  /** Nothing was stored, because not enough is available. Edgemeter's own. */
  "CustomerMeterDenied": {
    "allowed": false;
    /** Why: there is no other reason yet. */
    "reason": "insufficient_balance";
    /** The units that would have been consumed or held. */
    "required": number;
    /** The balance minus the held units, as they are. */
    "available": number;
    "customer_meter": Schemas["CustomerMeter"];
    /** Present when something is probably not as it was meant; at most 20. Edgemeter's own. */
    "warnings"?: (Schemas["Warning"])[];
  };
  /** A reset. */
  "CustomerMeterReset": {
    /** The customer's id; or send `external_customer_id`. */
    "customer_id"?: string | null;
    /** Your own id of the customer, which a customer must have; or send `customer_id`. */
    "external_customer_id"?: string | null;
    /** The meter's id; the meter may be archived. */
    "meter_id": string;
    /** Whether to credit what is left: the whole part of the balance, if it is positive. */
    "rollover"?: boolean;
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "CustomerMeterSortProperty": "created_at" | "-created_at" | "modified_at" | "-modified_at" | "customer_id" | "-customer_id" | "customer_name" | "-customer_name" | "meter_id" | "-meter_id" | "meter_name" | "-meter_name" | "consumed_units" | "-consumed_units" | "credited_units" | "-credited_units" | "balance" | "-balance";
  /** A customer, as it sees itself. */
  "CustomerPortalCustomer": {
    /** When the customer was created. */
    "created_at": string;
    /** When the customer was last changed. */
    "modified_at": string | null;
    /** The customer's id. */
    "id": string;
    /** The e-mail address. */
    "email": string;
    /** Always false: nothing is sent to the address. */
    "email_verified": false;
    /** The customer's name. */
    "name": string | null;
    /** The same as the name. */
    "billing_name": string | null;
    /** Always null: Edgemeter does not bill. */
    "billing_address": null;
    /** Always null: Edgemeter does not bill. */
    "tax_id": null;
    /** Always empty: nobody signs in. */
    "oauth_accounts": {
      [name: string]: {
        "account_id": string;
        "account_username": string;
      };
    };
    /** Always null: Edgemeter does not bill. */
    "default_payment_method_id": null;
    /** Always `individual`: there are no teams. */
    "type": "individual";
    /** Always null: Edgemeter does not bill. */
    "locale": null;
  };
  /** A session, with which a customer's browser sees that customer's usage and nothing else. */
  "CustomerSession": {
    /** When the session was created. */
    "created_at": string;
    /** Always null: a session is not changed. */
    "modified_at": null;
    /** The session's id, which is `token_id` in the log. It is no secret. */
    "id": string;
    /** The token, for a browser of this customer: `em_cst_…`. Only this answer has it. */
    "token": string;
    /** Until when the session is valid. */
    "expires_at": string;
    /** Where the page leads back to. */
    "return_url": string | null;
    /** The page that shows the customer's usage, with the token behind the `#`. */
    "customer_portal_url": string;
    /** The customer's id. */
    "customer_id": string;
    "customer": Schemas["Customer"];
  };
  /** A session to create. */
  "CustomerSessionCreate": {
    /** The customer's id; or send `external_customer_id`. */
    "customer_id"?: string | null;
    /** Your own id of the customer, which a customer must have; or send `customer_id`. */
    "external_customer_id"?: string | null;
    /** There are no members: only null is taken. */
    "member_id"?: null;
    /** There are no members: only null is taken. */
    "external_member_id"?: null;
    /** Where the page leads back to: an `https` URL; `http` only on localhost. */
    "return_url"?: string | null;
    /** For how many seconds the session is valid, 60 to 86400. Edgemeter's own. */
    "expires_in"?: number;
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "CustomerSortProperty": "created_at" | "-created_at" | "email" | "-email" | "name" | "-name";
  /** A customer with the balances on all meters. */
  "CustomerState": {
    /** The customer's id. */
    "id": string;
    /** When the customer was created. */
    "created_at": string;
    /** When the customer was last changed. */
    "modified_at": string | null;
    "metadata": Schemas["MetadataOutputType"];
    /** Your own id of the customer. */
    "external_id": string | null;
    /** The e-mail address. */
    "email": string;
    /** Always false: nothing is sent to the address. */
    "email_verified": false;
    /** Always `individual`: there are no teams. */
    "type": "individual";
    /** The customer's name. */
    "name": string | null;
    /** The same as the name. */
    "billing_name": string | null;
    /** Always null: Edgemeter does not bill. */
    "billing_address": null;
    /** Always null: Edgemeter does not bill. */
    "tax_id": null;
    /** Always null: Edgemeter does not bill. */
    "locale": null;
    /** The organization that the customer belongs to. */
    "organization_id": string;
    /** Always null: Edgemeter does not bill. */
    "default_payment_method_id": null;
    /** Always null: a deleted customer is not found. */
    "deleted_at": null;
    /** The time of the customer's earliest event, by either id; null without any. Every accepted event counts at once. */
    "first_user_event_at": string | null;
    /** A Gravatar address, which holds the SHA-256 of the e-mail address in lower case. */
    "avatar_url": string;
    /** Always empty: there are no subscriptions. */
    "active_subscriptions": (null)[];
    /** Always empty: there are no benefits. */
    "granted_benefits": (null)[];
    /** The balance on each meter, the oldest meter first. An archived meter is listed once something was counted, credited or reset. */
    "active_meters": (Schemas["CustomerStateMeter"])[];
  };
  /** A customer's balance on a meter. */
  "CustomerStateMeter": {
    /** The id of this customer and meter together. It never changes. */
    "id": string;
    /** When the customer or the meter was created, whichever was later. */
    "created_at": string;
    /** When the last event that counts here, credit or reset was accepted; null before the first. */
    "modified_at": string | null;
    /** The meter's id. */
    "meter_id": string;
    /** The meter's aggregation of the customer's events since the last reset, whatever their timestamps; 0 without any. */
    "consumed_units": number;
    /** The sum of the credits since the last reset. It never falls below zero. */
    "credited_units": number;
    /** The credited units minus the consumed units; it can be negative. */
    "balance": number;
    /** The sum of the open holds, which `balance` does not subtract. Edgemeter's own. */
    "held_units": number;
  };
  /** The fields of a customer to change; the others stay as they are. */
  "CustomerUpdate": {
    /** Replaces the metadata. */
    "metadata"?: {
      [name: string]: string | number | boolean;
    };
    /** The e-mail address: unique in the organization, without regard to case. It is trimmed, and its domain written in lower case. Nothing is sent to it. Null changes nothing. */
    "email"?: string | null;
    /** The customer's name. It is trimmed; blank is none. Null removes it. */
    "name"?: string | null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "billing_address"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "tax_id"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "locale"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "owner"?: null;
    /** Your own id of the customer, unique in the organization. It is trimmed here, and nowhere else: events and paths name it as it is answered. Blank is none; `.` and `..` are refused. It can be set once. */
    "external_id"?: string | null;
    /** Only `individual`; there are no teams. */
    "type"?: "individual" | null;
  };
  /** The fields of a customer to change; the others stay as they are. */
  "CustomerUpdateExternalID": {
    /** Replaces the metadata. */
    "metadata"?: {
      [name: string]: string | number | boolean;
    };
    /** The e-mail address: unique in the organization, without regard to case. It is trimmed, and its domain written in lower case. Nothing is sent to it. Null changes nothing. */
    "email"?: string | null;
    /** The customer's name. It is trimmed; blank is none. Null removes it. */
    "name"?: string | null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "billing_address"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "tax_id"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "locale"?: null;
    /** Absent or null: Edgemeter does not bill, and refuses any other value. */
    "owner"?: null;
  };
  /** A definition that is not saved, and an event. */
  "DefinitionExplain": {
    "filter": Schemas["Filter"];
    /** How the events that match the filter become a quantity: `count`, `sum`, `max`, `min`, `avg` or `unique`. */
    "aggregation": (Schemas["CountAggregation"] | Schemas["PropertyAggregation"] | Schemas["UniqueAggregation"]) & ({
      [name: string]: unknown;
    });
    /** An event as in Ingest Events, which is not stored. */
    "event": Schemas["EventCreateCustomer"] | Schemas["EventCreateExternalCustomer"];
  };
  /** Why a definition counts an event, or does not. Edgemeter's own. */
  "DefinitionExplanation": {
    /** Null: there is no meter. */
    "meter": null;
    /** Whether the event counts in the meter. */
    "counted": boolean;
    /** What the event adds: the number for `sum`, `max`, `min` and `avg`, the value for `unique`, 1 for `count`; null when it does not count. */
    "value": string | number | boolean | null | {
      [name: string]: string | number | boolean | null;
    };
    /** Why the event does not count: the filter does not hold; it lacks the property that is aggregated, or has no number there; it was voided; or, whatever the definition, it is an event of the platform. Null when it counts. */
    "reason": "filter" | "property_missing" | "not_a_number" | "voided" | "other_definition" | null;
    "filter": Schemas["ExplainedFilter"];
  };
  /** An event. */
  "Event": Schemas["UserEvent"] | Schemas["SystemEvent"];
  /** An event of a customer, by the customer's id in Edgemeter. */
  "EventCreateCustomer": {
    /** When it happened; at most five minutes ahead of the server's clock. The default is the time of the request. */
    "timestamp"?: string;
    /** What happened. Most filters compare it. */
    "name": string;
    /** The organization that the event belongs to: only the token's own, which is the default. */
    "organization_id"?: string | null;
    /** Your id of the event. A second event with the same id is a duplicate and is not stored. An empty text is no id. */
    "external_id"?: string | null;
    /** The event that this one belongs to. Accepted, and not used yet. */
    "parent_id"?: string | null;
    "metadata"?: Schemas["EventMetadataInput"];
    /** The customer's id in Edgemeter; an unknown one is a 422. It counts before an `external_customer_id`. */
    "customer_id": string;
    /** Your id of the customer, stored with the event and not used. */
    "external_customer_id"?: (string | null) & (string);
  };
  /** An event of a customer, by your own id of the customer. */
  "EventCreateExternalCustomer": {
    /** When it happened; at most five minutes ahead of the server's clock. The default is the time of the request. */
    "timestamp"?: string;
    /** What happened. Most filters compare it. */
    "name": string;
    /** The organization that the event belongs to: only the token's own, which is the default. */
    "organization_id"?: string | null;
    /** Your id of the event. A second event with the same id is a duplicate and is not stored. An empty text is no id. */
    "external_id"?: string | null;
    /** The event that this one belongs to. Accepted, and not used yet. */
    "parent_id"?: string | null;
    "metadata"?: Schemas["EventMetadataInput"];
    /** Your id of the customer, exactly as the customer has it: white space around it belongs to it. */
    "external_customer_id": string;
  };
  /** An event of the customer that the request names. Edgemeter's own. */
  "EventCreateWithoutCustomer": {
    /** When it happened; at most five minutes ahead of the server's clock. The default is the time of the request. */
    "timestamp"?: string;
    /** What happened. Most filters compare it. */
    "name": string;
    /** Your id of the event. A second event with the same id is a duplicate and is not stored. An empty text is no id. */
    "external_id"?: string | null;
    "metadata"?: Schemas["EventMetadataInput"];
  };
  /** The outcome of one event. Edgemeter's own. */
  "EventIngestOutcome": {
    /** The event's index in the request. */
    "index": number;
    /** The id of the event, or of the stored event with the same `external_id`. */
    "id": string;
    /** `inserted`: stored. `duplicate`: already stored. `duplicate_differs`: already stored, with different fields. */
    "result": "inserted" | "duplicate" | "duplicate_differs";
    /** The fields in which a duplicate differs from the stored event. */
    "differs"?: (string)[];
  };
  /** Properties of the event: text of 1 to 500 characters, numbers and booleans under keys of your own, a cost under `_cost`, the usage of a language model under `_llm`. Integers beyond ±(2^53 − 1) are refused. */
  "EventMetadataInput": {
    "_cost"?: Schemas["CostMetadata-Input"];
    "_llm"?: Schemas["LLMMetadata"];
    [name: string]: string | number | boolean | Schemas["CostMetadata-Input"] | Schemas["LLMMetadata"] | undefined;
  };
  /** Properties of the event. */
  "EventMetadataOutput": {
    "_cost"?: Schemas["CostMetadata-Output"];
    "_llm"?: Schemas["LLMMetadata"];
    [name: string]: string | number | boolean | Schemas["CostMetadata-Output"] | Schemas["LLMMetadata"] | undefined;
  };
  /** An event name. */
  "EventName": {
    /** The name. */
    "name": string;
    /** The name, for display. */
    "label": string;
    "source": Schemas["EventSource"];
    /** How many events have this name. */
    "occurrences": number;
    /** When the first of them happened. */
    "first_seen": string;
    /** When the last of them happened. */
    "last_seen": string;
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "EventNamesSortProperty": "name" | "-name" | "occurrences" | "-occurrences" | "first_seen" | "-first_seen" | "last_seen" | "-last_seen";
  /** The outcome of an event. Edgemeter's own. */
  "EventOutcome": {
    /** The id of the event, or of the stored event with the same `external_id`. */
    "id": string;
    /** `inserted`: stored. `duplicate`: already stored. `duplicate_differs`: already stored, with different fields. */
    "result": "inserted" | "duplicate" | "duplicate_differs";
    /** The fields in which a duplicate differs from the stored event. */
    "differs"?: (string)[];
  };
  /** An event, by either of its ids. Edgemeter's own. */
  "EventReference": {
    /** The event's id. */
    "id"?: string;
    /** Your id of the event. */
    "external_id"?: string;
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "EventSortProperty": "timestamp" | "-timestamp";
  /** Who made the event: `system` is the platform, `user` is you. */
  "EventSource": "system" | "user";
  /** The outcome of voiding one event. Edgemeter's own. */
  "EventVoidOutcome": {
    /** The event's index in the request. */
    "index": number;
    /** The event's id; null if no event has the `external_id`. */
    "id": string | null;
    /** `not_voidable`: an event of the platform, or one whose void would need other events that were deleted. */
    "result": "voided" | "already_voided" | "not_found" | "not_voidable";
  };
  /** Which event was voided, and why. */
  "EventVoidedMetadata": {
    /** The voided event's id. */
    "event_id": string;
    /** Why it was voided. */
    "reason": string;
    /** The id of the token that voided it. */
    "token_id": string | null;
  };
  /** Events to ingest. */
  "EventsIngest": {
    /** The events, at most 10,000. Either all of them are accepted or none. */
    "events": (Schemas["EventCreateCustomer"] | Schemas["EventCreateExternalCustomer"])[];
  };
  /** The outcome of an ingestion. */
  "EventsIngestResponse": {
    /** Events that were stored. */
    "inserted": number;
    /** Events that were not stored, because their `external_id` is stored already. */
    "duplicates": number;
    /** The outcome of each event; only with `Prefer: return=representation`. Edgemeter's own. */
    "events"?: (Schemas["EventIngestOutcome"])[];
    /** Present when something is probably not as it was meant; at most 20. Edgemeter's own. */
    "warnings"?: (Schemas["Warning"])[];
  };
  /** Events to void. Edgemeter's own. */
  "EventsVoid": {
    /** The events to void. */
    "events": (Schemas["EventReference"])[];
    /** Why they are voided. It is stored with each event. */
    "reason": string;
    /** Events to ingest instead, in the same transaction. An `external_id` that an event has, voided or not, is a 422. */
    "replacements"?: (Schemas["EventCreateCustomer"] | Schemas["EventCreateExternalCustomer"])[];
  };
  /** What was voided and stored. Edgemeter's own. */
  "EventsVoidResponse": {
    /** Events that this request voided. */
    "voided": number;
    /** Replacements that were stored. */
    "inserted": number;
    /** The outcome of each event. */
    "events": (Schemas["EventVoidOutcome"])[];
    /** The outcome of each replacement. */
    "replacements": (Schemas["EventIngestOutcome"])[];
    /** Present when something is probably not as it was meant; at most 20. Edgemeter's own. */
    "warnings"?: (Schemas["Warning"])[];
  };
  /** The session has expired. */
  "ExpiredSession": {
    "error": "invalid_token";
    /** The same text as `detail`, under the name that RFC 6750 defines. */
    "error_description": string;
    /** What is wrong and what to do about it, in words. */
    "detail": string;
    /** Where the session leads back to. Edgemeter's own. */
    "return_url": string | null;
  };
  /** A filter with the result of each node for the event in `holds`. */
  "ExplainedFilter": {
    "conjunction": Schemas["FilterConjunction"];
    "clauses": (Schemas["ExplainedFilterClause"] | Schemas["ExplainedFilter"])[];
    /** Whether it holds for the event. */
    "holds": boolean;
  };
  /** A clause, and what the event has to do with it. */
  "ExplainedFilterClause": {
    "property": string;
    "operator": Schemas["FilterOperator"];
    "value": string | number | boolean;
    /** Whether it holds for the event. */
    "holds": boolean;
    /** What the event has under the property: of a text the first 1,000 characters, a longer object as null; of a `timestamp` the time. */
    "actual": string | number | boolean | null | {
      [name: string]: string | number | boolean | null;
    };
    /** The type that is compared: the text `12` is not the number 12. */
    "actual_type": "string" | "number" | "boolean" | "object" | "null" | "missing" | "timestamp";
  };
  /** Clauses and nested filters. A filter with none matches every event. At most 16 levels deep, with 200 clauses in all. */
  "Filter": {
    "conjunction": Schemas["FilterConjunction"];
    "clauses": (Schemas["FilterClause"] | Schemas["Filter"])[];
  };
  /** A condition on a property of an event. `gt`, `gte`, `lt` and `lte` need text or an integer. */
  "FilterClause": {
    /** `name`, `source` or `timestamp` of the event, or a key of its metadata, which may have dots. `_llm.total_tokens` and the like are fields of `_llm` and `_cost`; where an event has no such field, the key counts. A leading `metadata.` is removed. */
    "property": string;
    "operator": Schemas["FilterOperator"];
    "value": string | number | boolean;
  };
  /** Whether all clauses must match, or any. */
  "FilterConjunction": "and" | "or";
  /** How the property is compared with the value: equal, not equal, greater, greater or equal, less, less or equal, contains, does not contain. */
  "FilterOperator": "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "like" | "not_like";
  /** The order of groups. Edgemeter's own. */
  "GroupSorting": "-total" | "total" | "key";
  /** The problems of a request. */
  "HTTPValidationError": {
    /** `RequestValidationError` when the request does not match the schemas, `PolarRequestValidationError` when a later check fails. Edgemeter's own. */
    "error": "RequestValidationError" | "PolarRequestValidationError";
    /** Every problem that the schemas find in path, query and body, at most 100; broken JSON is reported alone. Headers, and what the schemas can't check, are checked only when there is none. */
    "detail": (Schemas["ValidationError"])[];
  };
  /** Units of a meter that are reserved for a customer. Edgemeter's own. */
  "Hold": {
    /** The hold's id. */
    "id": string;
    /** When it was made. */
    "created_at": string;
    /** When it was settled or released. */
    "modified_at": string | null;
    /** The customer's id. */
    "customer_id": string;
    /** The meter's id. */
    "meter_id": string;
    /** The units that are held. */
    "units": number;
    /** From when on it no longer counts, unless it ends before. */
    "expires_at": string;
    "status": Schemas["HoldStatus"];
    /** The event that settled it. */
    "event_id": string | null;
    "metadata": Schemas["MetadataOutputType"];
  };
  /** Units to hold. Edgemeter's own. */
  "HoldCreate": {
    /** The customer's id; or send `external_customer_id`. */
    "customer_id"?: string | null;
    /** Your own id of the customer, which a customer must have; or send `customer_id`. */
    "external_customer_id"?: string | null;
    /** The meter's id; the meter may be archived. */
    "meter_id": string;
    /** The units to hold. */
    "units": number;
    /** For how long the hold counts, up to a day: seconds, or an ISO 8601 duration such as `PT10M`; 300 seconds by default. */
    "expires_in"?: number | string;
    /** What must at least be available afterwards: 0 by default; a negative number allows an overdraft. */
    "minimum_balance"?: number;
    /** Key-value pairs that are stored with the resource, at most 50. Keys have 1 to 40 characters; values are text of 1 to 500 characters, numbers or booleans. Integers beyond ±(2^53 − 1) are refused. */
    "metadata"?: {
      [name: string]: string | number | boolean;
    };
  };
  /** The units are held. Edgemeter's own. */
  "HoldCreated": {
    "allowed": true;
    "hold": Schemas["Hold"];
    /** The balance minus the held units, these included. */
    "available": number;
    "customer_meter": Schemas["CustomerMeter"];
    /** Present when something is probably not as it was meant; at most 20. Edgemeter's own. */
    "warnings"?: (Schemas["Warning"])[];
  };
  /** What was used. Edgemeter's own. */
  "HoldSettle": {
    "event": Schemas["EventCreateWithoutCustomer"];
  };
  /** A settlement. Edgemeter's own. */
  "HoldSettled": {
    "hold": Schemas["Hold"];
    "event": Schemas["EventOutcome"];
    /** By how much the event raised `consumed_units`; 0 for a duplicate. */
    "required": number;
    /** By how much that is more than was held. */
    "overage": number;
    /** Whether the hold had expired when it was settled. */
    "expired": boolean;
    /** The balance minus the held units, after the settlement. */
    "available": number;
    "customer_meter": Schemas["CustomerMeter"];
    /** Present when something is probably not as it was meant; at most 20. Edgemeter's own. */
    "warnings"?: (Schemas["Warning"])[];
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "HoldSortProperty": "created_at" | "-created_at" | "expires_at" | "-expires_at";
  /** `open`: it counts. `settled`: by an event. `released`: nothing was used. `expired`: it no longer counts, and can still be settled or released. */
  "HoldStatus": "open" | "settled" | "released" | "expired";
  /** The token has none of the scopes that the operation accepts. */
  "InsufficientScope": {
    "error": "insufficient_scope";
    /** The same text as `detail`, under the name that RFC 6750 defines. */
    "error_description": string;
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** A defect. Look for the `X-Request-Id` in the log. */
  "InternalServerError": {
    "error": "InternalServerError";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** The token is unknown, malformed, expired or revoked. */
  "InvalidToken": {
    "error": "invalid_token";
    /** The same text as `detail`, under the name that RFC 6750 defines. */
    "error_description": string;
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** The usage of a language model. Further fields are kept if they are text, numbers, booleans or null. */
  "LLMMetadata": {
    /** The provider of the model. */
    "vendor": string;
    /** The name of the model. */
    "model": string;
    /** The prompt. */
    "prompt"?: string | null;
    /** The response. */
    "response"?: string | null;
    /** Input tokens. */
    "input_tokens": number;
    /** How many of the input tokens were read from a cache. */
    "cached_input_tokens"?: number;
    /** Output tokens. */
    "output_tokens": number;
    /** All tokens. */
    "total_tokens": number;
    [name: string]: null | string | number | boolean | undefined;
  };
  /** A page of a list. */
  "ListResource_AlertTrigger_": {
    /** The items of the page. */
    "items": (Schemas["AlertTrigger"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_Alert_": {
    /** The items of the page. */
    "items": (Schemas["Alert"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_CustomerCustomerMeter_": {
    /** The items of the page. */
    "items": (Schemas["CustomerCustomerMeter"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_CustomerMeter_": {
    /** The items of the page. */
    "items": (Schemas["CustomerMeter"])[];
    "pagination": Schemas["Pagination"] | Schemas["CursorPagination"];
  };
  /** A page of a list. */
  "ListResource_Customer_": {
    /** The items of the page. */
    "items": (Schemas["Customer"])[];
    "pagination": Schemas["Pagination"] | Schemas["CursorPagination"];
  };
  /** A page of a list. */
  "ListResource_EventName_": {
    /** The items of the page. */
    "items": (Schemas["EventName"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_Event_": {
    /** The items of the page. */
    "items": (Schemas["Event"])[];
    "pagination": Schemas["Pagination"] | Schemas["CursorPagination"];
  };
  /** A page of a list. */
  "ListResource_Hold_": {
    /** The items of the page. */
    "items": (Schemas["Hold"])[];
    "pagination": Schemas["Pagination"] | Schemas["CursorPagination"];
  };
  /** A page of a list. */
  "ListResource_MeterExplanation_": {
    /** The items of the page. */
    "items": (Schemas["MeterExplanation"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_Meter_": {
    /** The items of the page. */
    "items": (Schemas["Meter"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_OrganizationAccessToken_": {
    /** The items of the page. */
    "items": (Schemas["OrganizationAccessToken"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_WebhookDelivery_": {
    /** The items of the page. */
    "items": (Schemas["WebhookDelivery"])[];
    "pagination": Schemas["Pagination"];
  };
  /** A page of a list. */
  "ListResource_WebhookEndpoint_": {
    /** The items of the page. */
    "items": (Schemas["WebhookEndpoint"])[];
    "pagination": Schemas["Pagination"];
  };
  /** The key-value pairs that are stored with the resource. */
  "MetadataOutputType": {
    [name: string]: string | number | boolean;
  };
  /** `metadata[key]=value` matches items with this value, compared as text. A repeated key matches any of its values; different keys must all match. */
  "MetadataQuery": {
    [name: string]: string | (string)[] | number | (number)[] | boolean | (boolean)[];
  } | null;
  /** A meter: which events it counts, and how. */
  "Meter": {
    "metadata": Schemas["MetadataOutputType"];
    /** When the meter was created. */
    "created_at": string;
    /** When the meter was last changed. */
    "modified_at": string | null;
    /** The meter's id. */
    "id": string;
    /** The meter's name: 3 characters or more, at most 900,000 bytes. */
    "name": string;
    "unit": Schemas["MeterUnit"];
    /** The name of the unit: required with `custom`, refused with any other unit. */
    "custom_label": string | null;
    /** A factor for displaying quantities. The API does not apply it. */
    "custom_multiplier": number | null;
    "filter": Schemas["Filter"];
    /** How the events that match the filter become a quantity: `count`, `sum`, `max`, `min`, `avg` or `unique`. */
    "aggregation": (Schemas["CountAggregation"] | Schemas["PropertyAggregation"] | Schemas["UniqueAggregation"]) & ({
      [name: string]: unknown;
    });
    /** The organization that the meter belongs to. */
    "organization_id": string;
    /** When the meter was archived. */
    "archived_at": string | null;
    /** The properties by whose values the meter keeps rollups. Edgemeter's own. */
    "dimensions": (string)[];
  };
  /** A meter to create. */
  "MeterCreate": {
    /** Key-value pairs that are stored with the resource, at most 50. Keys have 1 to 40 characters; values are text of 1 to 500 characters, numbers or booleans. Integers beyond ±(2^53 − 1) are refused. */
    "metadata"?: {
      [name: string]: string | number | boolean;
    };
    /** The meter's name: 3 characters or more, at most 900,000 bytes. */
    "name": string;
    "unit"?: Schemas["MeterUnit"];
    /** The name of the unit: required with `custom`, refused with any other unit. */
    "custom_label"?: string | null;
    /** A factor for displaying quantities. The API does not apply it. */
    "custom_multiplier"?: number | null;
    "filter": Schemas["Filter"];
    /** How the events that match the filter become a quantity: `count`, `sum`, `max`, `min`, `avg` or `unique`. */
    "aggregation": (Schemas["CountAggregation"] | Schemas["PropertyAggregation"] | Schemas["UniqueAggregation"]) & ({
      [name: string]: unknown;
    });
    /** The organization that the meter belongs to: only the token's own, which is the default. */
    "organization_id"?: string | null;
    /** Properties by whose values the meter also keeps rollups, which `group_by` and a condition on one of them read in place of the events: up to four, without `timestamp`. Each writes two more rows for an event. Edgemeter's own. */
    "dimensions"?: (string)[];
  };
  /** The meter, and what is probably not as it was meant. */
  "MeterCreated": {
    "metadata": Schemas["MetadataOutputType"];
    /** When the meter was created. */
    "created_at": string;
    /** When the meter was last changed. */
    "modified_at": string | null;
    /** The meter's id. */
    "id": string;
    /** The meter's name: 3 characters or more, at most 900,000 bytes. */
    "name": string;
    "unit": Schemas["MeterUnit"];
    /** The name of the unit: required with `custom`, refused with any other unit. */
    "custom_label": string | null;
    /** A factor for displaying quantities. The API does not apply it. */
    "custom_multiplier": number | null;
    "filter": Schemas["Filter"];
    /** How the events that match the filter become a quantity: `count`, `sum`, `max`, `min`, `avg` or `unique`. */
    "aggregation": (Schemas["CountAggregation"] | Schemas["PropertyAggregation"] | Schemas["UniqueAggregation"]) & ({
      [name: string]: unknown;
    });
    /** The organization that the meter belongs to. */
    "organization_id": string;
    /** When the meter was archived. */
    "archived_at": string | null;
    /** The properties by whose values the meter keeps rollups. Edgemeter's own. */
    "dimensions": (string)[];
    /** Present when something is probably not as it was meant; at most 20. Edgemeter's own. */
    "warnings"?: (Schemas["Warning"])[];
  };
  /** A customer was credited on a meter. */
  "MeterCreditEvent": {
    /** The event's id. */
    "id": string;
    /** When it happened. */
    "timestamp": string;
    /** The organization that it belongs to. */
    "organization_id": string;
    /** The customer's id, if the event was sent with it. */
    "customer_id": string | null;
    /** The customer of the event now: the one with its `customer_id`; otherwise the one with its `external_customer_id`. */
    "customer": Schemas["Customer"] | null;
    /** Your id of the customer, if the event was sent with it. */
    "external_customer_id": string | null;
    /** Always 0: event hierarchies are not available yet. */
    "child_count": number;
    /** Always null: event hierarchies are not available yet. */
    "parent_id": null;
    /** The name, for display. */
    "label": string;
    /** Your id of the event, if it was sent with one. Edgemeter's own. */
    "external_id": string | null;
    /** When it was accepted. Edgemeter's own. */
    "ingested_at": string;
    /** When it was voided: no meter counts it since then. Edgemeter's own. */
    "voided_at": string | null;
    /** Why it was voided. Edgemeter's own. */
    "void_reason": string | null;
    "name": "meter.credited";
    /** Who made it: the platform. No meter counts it. */
    "source": "system";
    "metadata": Schemas["MeterCreditedMetadata"];
  };
  /** What was credited, beside the metadata that you sent with the credit. */
  "MeterCreditedMetadata": {
    /** The meter's id. */
    "meter_id": string;
    /** The credited units; negative where units were taken away. */
    "units": number;
    /** Whether a reset credited what was left. */
    "rollover": boolean;
    [name: string]: string | number | boolean | undefined;
  };
  /** An event that a meter may count or not. */
  "MeterExplain": {
    /** An event as in Ingest Events, which is not stored. */
    "event": Schemas["EventCreateCustomer"] | Schemas["EventCreateExternalCustomer"];
  };
  /** Why a meter counts an event, or does not. Edgemeter's own. */
  "MeterExplanation": {
    /** The meter. */
    "meter": {
      /** The meter's id. */
      "id": string;
      /** The meter's name. */
      "name": string;
    };
    /** Whether the event counts in the meter. */
    "counted": boolean;
    /** What the event adds: the number for `sum`, `max`, `min` and `avg`, the value for `unique`, 1 for `count`; null when it does not count. */
    "value": string | number | boolean | null | {
      [name: string]: string | number | boolean | null;
    };
    /** Why the event does not count: the filter does not hold; it lacks the property that is aggregated, or has no number there; it was voided; or, whatever the definition, it is an event of the platform. Null when it counts. */
    "reason": "filter" | "property_missing" | "not_a_number" | "voided" | "other_definition" | null;
    "filter": Schemas["ExplainedFilter"];
  };
  /** A definition that is not saved, and the requested range. */
  "MeterPreview": {
    "filter": Schemas["Filter"];
    /** How the events that match the filter become a quantity: `count`, `sum`, `max`, `min`, `avg` or `unique`. */
    "aggregation": (Schemas["CountAggregation"] | Schemas["PropertyAggregation"] | Schemas["UniqueAggregation"]) & ({
      [name: string]: unknown;
    });
    /** The start of the requested range, and the time of the first row; not before 2023, even where events are older. */
    "start_timestamp": string;
    /** The end of the requested range, at most 7 days after the start with `hour`, 366 with `day`, 371 with `week`, 1460 with `month`, 3650 with `year`, and ten years with `total`, which does not include the end. */
    "end_timestamp": string;
    "interval": Schemas["TimeInterval"];
    /** The time zone in which days, weeks, months and years begin: an IANA name. */
    "timezone"?: string;
    /** Only events of these customers, by either of their ids. */
    "customer_id"?: (string)[];
    /** Only events of these customers, by your own ids; adds to `customer_id`. */
    "external_customer_id"?: (string)[];
    /** Aggregates the events of each customer first, then combines the customers' quantities with this function. */
    "customer_aggregation_function"?: Schemas["AggregationFunction"];
    /** Also answers the quantities of groups: by `customer`, or by the value of a property as filters name it, such as `model` or `_llm.model`; `metadata.customer` is a property. By a property the events of the range are examined. Not with `customer_aggregation_function`. Edgemeter's own. */
    "group_by"?: string;
    /** The order of the groups: by their totals, ties by key; or by key. Edgemeter's own. */
    "group_sorting"?: Schemas["GroupSorting"];
    /** How many groups are shown, 1 to 100. All others together are in `others`. Edgemeter's own. */
    "group_limit"?: number;
    /** Only events with these metadata values, compared as text; with an array, with any of them. */
    "metadata"?: {
      [name: string]: string | number | boolean | (string | number | boolean)[];
    };
  };
  /** The quantities that a meter would have. */
  "MeterPreviewQuantities": {
    /** One row per interval from start to end, both included; one row with `total`. */
    "quantities": (Schemas["MeterQuantity"])[];
    /** The aggregation of the events in all periods of the rows; with `total` the row's quantity. */
    "total": number;
    /** What the request groups by; present only then, as the next three. Edgemeter's own. */
    "group_by"?: string;
    /** How many groups there are. Edgemeter's own. */
    "group_count"?: number;
    /** The first groups in the requested order. Edgemeter's own. */
    "groups"?: (Schemas["MeterQuantitiesGroup"])[];
    /** The events of all other groups together, computed from them; null without any. Edgemeter's own. */
    "others"?: Schemas["MeterQuantitiesOthers"] | null;
    /** The first ten matching events of the periods. */
    "events": (Schemas["Event"])[];
  };
  /** A meter's quantities over time. */
  "MeterQuantities": {
    /** One row per interval from start to end, both included; one row with `total`. */
    "quantities": (Schemas["MeterQuantity"])[];
    /** The aggregation of the events in all periods of the rows; with `total` the row's quantity. */
    "total": number;
    /** What the request groups by; present only then, as the next three. Edgemeter's own. */
    "group_by"?: string;
    /** How many groups there are. Edgemeter's own. */
    "group_count"?: number;
    /** The first groups in the requested order. Edgemeter's own. */
    "groups"?: (Schemas["MeterQuantitiesGroup"])[];
    /** The events of all other groups together, computed from them; null without any. Edgemeter's own. */
    "others"?: Schemas["MeterQuantitiesOthers"] | null;
  };
  /** A customer whose events are a group: both identities of a registered one. Edgemeter's own. */
  "MeterQuantitiesCustomer": {
    /** The customer's id, unless nobody registered has the external id. */
    "customer_id": string | null;
    /** Your id of the customer. */
    "external_customer_id": string | null;
    /** The name of a registered customer. */
    "name": string | null;
    /** The e-mail address of a registered customer. */
    "email": string | null;
  };
  /** The events that have a value, or are of a customer. Edgemeter's own. */
  "MeterQuantitiesGroup": {
    /** The value of the property, or the customer. */
    "key": Schemas["MeterQuantitiesCustomer"] | string | number | boolean | null;
    /** Present when the events do not have the property. */
    "missing"?: true;
    /** As `total` of the answer, of these events. */
    "total": number;
    /** As `quantities` of the answer, of these events. */
    "quantities": (Schemas["MeterQuantity"])[];
  };
  /** The events of all groups that are not shown. Edgemeter's own. */
  "MeterQuantitiesOthers": {
    /** As `total` of the answer, of these events. */
    "total": number;
    /** As `quantities` of the answer, of these events. */
    "quantities": (Schemas["MeterQuantity"])[];
  };
  /** The quantity of one whole calendar hour, day, week, month or year, or of the range. */
  "MeterQuantity": {
    /** The row's time: the start of the range, or one or more intervals after it. The row covers the whole period in which this time falls; with `total` it covers the range, from its start to before its end. */
    "timestamp": string;
    /** The aggregation of the events in the period; 0 without any. */
    "quantity": number;
  };
  /** A customer's meter was reset. */
  "MeterResetEvent": {
    /** The event's id. */
    "id": string;
    /** When it happened. */
    "timestamp": string;
    /** The organization that it belongs to. */
    "organization_id": string;
    /** The customer's id, if the event was sent with it. */
    "customer_id": string | null;
    /** The customer of the event now: the one with its `customer_id`; otherwise the one with its `external_customer_id`. */
    "customer": Schemas["Customer"] | null;
    /** Your id of the customer, if the event was sent with it. */
    "external_customer_id": string | null;
    /** Always 0: event hierarchies are not available yet. */
    "child_count": number;
    /** Always null: event hierarchies are not available yet. */
    "parent_id": null;
    /** The name, for display. */
    "label": string;
    /** Your id of the event, if it was sent with one. Edgemeter's own. */
    "external_id": string | null;
    /** When it was accepted. Edgemeter's own. */
    "ingested_at": string;
    /** When it was voided: no meter counts it since then. Edgemeter's own. */
    "voided_at": string | null;
    /** Why it was voided. Edgemeter's own. */
    "void_reason": string | null;
    "name": "meter.reset";
    /** Who made it: the platform. No meter counts it. */
    "source": "system";
    "metadata": Schemas["MeterResetMetadata"];
  };
  /** Which meter was reset. */
  "MeterResetMetadata": {
    /** The meter's id. */
    "meter_id": string;
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "MeterSortProperty": "name" | "-name" | "created_at" | "-created_at";
  /** The unit of the quantities; `custom` needs a `custom_label`. */
  "MeterUnit": "scalar" | "token" | "custom";
  /** The fields of a meter to change; the others stay as they are. */
  "MeterUpdate": {
    /** Replaces the metadata. */
    "metadata"?: {
      [name: string]: string | number | boolean;
    };
    /** The meter's name: 3 characters or more, at most 900,000 bytes. */
    "name"?: string;
    "unit"?: Schemas["MeterUnit"];
    /** The name of the unit: required with `custom`, refused with any other unit. Null clears it. */
    "custom_label"?: string | null;
    /** A factor for displaying quantities. The API does not apply it. Null clears it. */
    "custom_multiplier"?: number | null;
    /** As in Create Meter; null changes nothing. Refused once the meter has counted an event, even when it is the same as before; so is `aggregation`. */
    "filter"?: Schemas["Filter"] | null;
    /** As in Create Meter; null changes nothing, and is refused once the meter has counted an event. */
    "aggregation"?: (Schemas["CountAggregation"] | Schemas["PropertyAggregation"] | Schemas["UniqueAggregation"]) & ({
      [name: string]: unknown;
    }) | null;
    /** Archives or restores the meter; null changes nothing. */
    "is_archived"?: boolean | null;
    /** As in Create Meter; null changes nothing, and is refused once the meter has counted an event. Edgemeter's own. */
    "dimensions"?: (string)[] | null;
  };
  /** An organization: its storage, and the lag of its meters. Edgemeter's own. */
  "Organization": {
    /** The organization's id. */
    "id": string;
    /** Where the data is: in the shared D1 database, or in an object of its own. */
    "store": "d1" | "object";
    /** The size of the object's database; null in D1. */
    "bytes": number | null;
    /** Each meter, archived ones too, in the order in which they were created. */
    "meters": ({
      /** The meter's id. */
      "id": string;
      /** How many of the organization's events are not in the meter's rollups yet. They count all the same. */
      "events_behind": number;
    })[];
  };
  /** An organization access token, without the token itself. */
  "OrganizationAccessToken": {
    /** The token's id. It is no secret. */
    "id": string;
    /** When the token was created. */
    "created_at": string;
    /** When the token was last changed, or rotated. */
    "modified_at": string | null;
    /** What the token may do. */
    "scopes": (Schemas["AvailableScope"])[];
    /** Until when the token is valid; null if it does not expire. */
    "expires_at": string | null;
    /** What the token is for. */
    "comment": string;
    /** The beginning (UTC) of the last day on which a request had the token; null before the first. */
    "last_used_at": string | null;
    /** The organization that the token acts for. */
    "organization_id": string;
  };
  /** A token to create. */
  "OrganizationAccessTokenCreate": {
    /** The organization that the token acts for: only the request's own, which is the default. */
    "organization_id"?: string | null;
    /** What the token is for. */
    "comment": string;
    /** For how long the token is valid, up to 100 years; without it, it does not expire: seconds, or an ISO 8601 duration, in which a year is 365 days and a month 30. */
    "expires_in"?: number | string | null;
    /** What the token may do. Only scopes that the request's own token has; otherwise the answer is a 403. */
    "scopes": (Schemas["AvailableScope"])[];
  };
  /** A new token. */
  "OrganizationAccessTokenCreateResponse": {
    "organization_access_token": Schemas["OrganizationAccessToken"];
    /** The token itself: this is the only answer that has it. Null when an earlier request with the same `Idempotency-Key` was answered with it. */
    "token": string | null;
  };
  /** How to rotate a token; `{}` for the defaults. Edgemeter's own. */
  "OrganizationAccessTokenRotate": {
    /** For how long the old token stays valid, 120 seconds to 366 days, by default a day: seconds, or an ISO 8601 duration, in which a year is 365 days and a month 30. */
    "grace_period"?: number | string | null;
  };
  /** A field to sort by; a leading `-` sorts in descending order. */
  "OrganizationAccessTokenSortProperty": "created_at" | "-created_at" | "comment" | "-comment" | "last_used_at" | "-last_used_at" | "organization_id" | "-organization_id";
  /** The fields of a token to change; the others stay as they are. */
  "OrganizationAccessTokenUpdate": {
    /** What the token is for. Null changes nothing. */
    "comment"?: string | null;
    /** Replaces what the token may do. Only scopes that the request's own token has; otherwise the answer is a 403. Null changes nothing. */
    "scopes"?: (Schemas["AvailableScope"])[] | null;
  };
  /** The size of the whole list. */
  "Pagination": {
    /** Items on all pages. */
    "total_count": number;
    /** The last page; 0 without items. */
    "max_page": number;
  };
  /** Who the session of the request acts for. */
  "PortalAuthenticatedUser": {
    /** Always `customer`: there are no members. */
    "type": "customer";
    /** The customer's name. */
    "name": string | null;
    /** The e-mail address. */
    "email": string;
    /** The customer's id. */
    "customer_id": string;
    /** Always null: there are no members. */
    "member_id": null;
    /** Always null: there are no members. */
    "role": null;
  };
  /** The resource no longer has the version in If-Match. */
  "PreconditionFailed": {
    "error": "PreconditionFailed";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** The sum, largest, smallest or mean of a number in the matching events. */
  "PropertyAggregation": {
    "func": "sum" | "max" | "min" | "avg";
    /** `name`, `source` or `timestamp` of the event, or a key of its metadata, which may have dots. `_llm.total_tokens` and the like are fields of `_llm` and `_cost`; where an event has no such field, the key counts. A leading `metadata.` is removed. */
    "property": string;
  };
  /** The organization has sent too many requests. */
  "RateLimitExceeded": {
    "error": "RateLimitExceeded";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** The body has more bytes, or more JSON values, than the operation accepts. */
  "RequestBodyTooLarge": {
    "error": "RequestBodyTooLarge";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** Nothing with this id belongs to the token's organization. */
  "ResourceNotFound": {
    "error": "ResourceNotFound";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** The storage or KV failed or took too long, a migration is missing, or a meter kept changing. Nothing was stored, unless the connection was lost or the time was over while storing. */
  "ServiceUnavailable": {
    "error": "ServiceUnavailable";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** The storage has its maximum size. Reading goes on. */
  "StorageFull": {
    "error": "StorageFull";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** An event of the platform: a credit, a reset or a void. */
  "SystemEvent": Schemas["MeterCreditEvent"] | Schemas["MeterResetEvent"] | Schemas["VoidEvent"];
  /** The length of the period that a row covers. `total`, one row for exactly the range, is Edgemeter's own. */
  "TimeInterval": "hour" | "day" | "week" | "month" | "year" | "total";
  /** The request has no token. */
  "Unauthorized": {
    "error": "Unauthorized";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** Counts the distinct values of a property. */
  "UniqueAggregation": {
    "func": "unique";
    /** `name`, `source` or `timestamp` of the event, or a key of its metadata, which may have dots. `_llm.total_tokens` and the like are fields of `_llm` and `_cost`; where an event has no such field, the key counts. A leading `metadata.` is removed. */
    "property": string;
  };
  /** `Content-Type` is not JSON, or the body is compressed. */
  "UnsupportedMediaType": {
    "error": "UnsupportedMediaType";
    /** What is wrong and what to do about it, in words. */
    "detail": string;
  };
  /** An event that you sent. */
  "UserEvent": {
    /** The event's id. */
    "id": string;
    /** When it happened. */
    "timestamp": string;
    /** The organization that it belongs to. */
    "organization_id": string;
    /** The customer's id, if the event was sent with it. */
    "customer_id": string | null;
    /** The customer of the event now: the one with its `customer_id`; otherwise the one with its `external_customer_id`. */
    "customer": Schemas["Customer"] | null;
    /** Your id of the customer, if the event was sent with it. */
    "external_customer_id": string | null;
    /** Always 0: event hierarchies are not available yet. */
    "child_count": number;
    /** Always null: event hierarchies are not available yet. */
    "parent_id": null;
    /** The name, for display. */
    "label": string;
    /** Your id of the event, if it was sent with one. Edgemeter's own. */
    "external_id": string | null;
    /** When it was accepted. Edgemeter's own. */
    "ingested_at": string;
    /** When it was voided: no meter counts it since then. Edgemeter's own. */
    "voided_at": string | null;
    /** Why it was voided. Edgemeter's own. */
    "void_reason": string | null;
    /** What happened. */
    "name": string;
    /** Who made it: you. */
    "source": "user";
    "metadata": Schemas["EventMetadataOutput"];
  };
  /** One problem of a request. */
  "ValidationError": {
    /** The kind of problem, for programs; the introduction lists them all under Errors. */
    "type": string;
    /** Where it is: `body`, `query`, `path` or `header`, then field names and indexes. */
    "loc": (string | number)[];
    /** What to change, in words. */
    "msg": string;
    /** The offending value; for `missing`, the object that lacks the field. Left out when it is large. */
    "input"?: unknown;
    /** The limits that were broken, by name. */
    "ctx"?: {
      [name: string]: unknown;
    };
  };
  /** An event was voided. Edgemeter's own. */
  "VoidEvent": {
    /** The event's id. */
    "id": string;
    /** When it happened. */
    "timestamp": string;
    /** The organization that it belongs to. */
    "organization_id": string;
    /** The customer's id, if the event was sent with it. */
    "customer_id": string | null;
    /** The customer of the event now: the one with its `customer_id`; otherwise the one with its `external_customer_id`. */
    "customer": Schemas["Customer"] | null;
    /** Your id of the customer, if the event was sent with it. */
    "external_customer_id": string | null;
    /** Always 0: event hierarchies are not available yet. */
    "child_count": number;
    /** Always null: event hierarchies are not available yet. */
    "parent_id": null;
    /** The name, for display. */
    "label": string;
    /** Your id of the event, if it was sent with one. Edgemeter's own. */
    "external_id": string | null;
    /** When it was accepted. Edgemeter's own. */
    "ingested_at": string;
    /** When it was voided: no meter counts it since then. Edgemeter's own. */
    "voided_at": string | null;
    /** Why it was voided. Edgemeter's own. */
    "void_reason": string | null;
    "name": "event.voided";
    /** Who made it: the platform. No meter counts it. */
    "source": "system";
    "metadata": Schemas["EventVoidedMetadata"];
  };
  /** What was accepted and counts nothing, or was ignored. Edgemeter's own. */
  "Warning": {
    /** The index of the event. */
    "index"?: number;
    /** The place in the request. */
    "loc": (string | number)[];
    /** What is wrong there, for people. */
    "msg": string;
  };
  /** One attempt to send an event to an endpoint. */
  "WebhookDelivery": {
    /** When the event was sent. */
    "created_at": string;
    /** Always null: an attempt is not changed. */
    "modified_at": null;
    /** The attempt's id. */
    "id": string;
    /** Whether the endpoint answered with a status 2xx within 10 seconds. */
    "succeeded": boolean;
    /** The status of the answer; null if there was none. */
    "http_code": number | null;
    /** The first 1,000 characters of the answer, or why there was none. */
    "response": string | null;
    "webhook_event": Schemas["WebhookEvent"];
  };
  /** Where an organization wants webhook events to be sent. */
  "WebhookEndpoint": {
    /** When the endpoint was created. */
    "created_at": string;
    /** When it was last changed. */
    "modified_at": string | null;
    /** The endpoint's id. */
    "id": string;
    /** Where events are sent. */
    "url": string;
    /** What the endpoint is for. */
    "name": string | null;
    "format": Schemas["WebhookFormat"];
    /** The key of the signatures, as Standard Webhooks write it: keep it like a token. */
    "secret": string;
    /** The organization whose events are sent. */
    "organization_id": string;
    /** What the endpoint is told about. */
    "events": (Schemas["WebhookEventType"])[];
    /** Whether events are sent. An answer 410, and ten deliveries in a row that failed for good, disable an endpoint. */
    "enabled": boolean;
  };
  /** An endpoint to create. */
  "WebhookEndpointCreate": {
    /** Where events are sent. An `https` URL without credentials or fragment; a host that is an address must be one on the internet. Redirects are not followed. */
    "url": string;
    /** What the endpoint is for. */
    "name"?: string | null;
    /** How events are written. */
    "format": Schemas["WebhookFormat"];
    /** What the endpoint is told about. The SDKs refuse types that they do not know, so take `alert.triggered` only where it is handled. */
    "events": (Schemas["WebhookEventType"])[];
    /** Only the token's own organization, which is the default. */
    "organization_id"?: string | null;
  };
  /** The fields of an endpoint to change; the others stay as they are. */
  "WebhookEndpointUpdate": {
    /** Where events are sent. An `https` URL without credentials or fragment; a host that is an address must be one on the internet. Redirects are not followed. Null changes nothing. */
    "url"?: string | null;
    /** What the endpoint is for. */
    "name"?: string | null;
    /** How events are written. Null changes nothing. */
    "format"?: Schemas["WebhookFormat"] | null;
    /** What the endpoint is told about. Null changes nothing. */
    "events"?: (Schemas["WebhookEventType"])[] | null;
    /** Whether events are sent. What was not delivered yet waits at a disabled endpoint, at most 30 days. Null changes nothing. */
    "enabled"?: boolean | null;
  };
  /** A webhook event, as it stands at an endpoint. */
  "WebhookEvent": {
    /** When it happened. */
    "created_at": string;
    /** When it was last sent. */
    "modified_at": string | null;
    /** The event's id, which is the header `webhook-id` of every attempt. */
    "id": string;
    /** The status of the last answer of this endpoint. */
    "last_http_code": number | null;
    /** Whether it was delivered to this endpoint; null until that is certain. */
    "succeeded": boolean | null;
    /** Whether it was given up before the last attempt. */
    "skipped": boolean;
    /** The body of the request; null after it was deleted: 30 days after the last attempt, or when its customer was erased. */
    "payload": string | null;
    "type": Schemas["WebhookSentType"];
    /** Whether the payload was deleted. */
    "is_archived": boolean;
  };
  /** What an endpoint can be told about; `alert.triggered` is Edgemeter's own. */
  "WebhookEventType": "customer.created" | "customer.updated" | "customer.deleted" | "customer.state_changed" | "alert.triggered";
  /** How events are written. Polar's formats for chat programs do not exist here. */
  "WebhookFormat": "raw";
  /** A class of status codes. */
  "WebhookHttpCodeClass": "2xx" | "3xx" | "4xx" | "5xx";
  /** The types of the events that are sent: those of endpoints, and tests. */
  "WebhookSentType": "customer.created" | "customer.updated" | "customer.deleted" | "customer.state_changed" | "alert.triggered" | "webhook.test";
}

/** The operations that an `Idempotency-Key` makes repeatable. */
export const KEYED: ReadonlySet<string> = new Set([
  "/v1/meters/",
  "/v1/events/ingest",
  "/v1/events/void",
  "/v1/customers/",
  "/v1/customer-meters/credits",
  "/v1/customer-meters/resets",
  "/v1/customer-meters/holds",
  "/v1/alerts",
  "/v1/organization-access-tokens/",
]);

/** The lists that can be read by cursors. */
export const CURSORS: ReadonlySet<string> = new Set([
  "/v1/events/",
  "/v1/customers/",
  "/v1/customer-meters/",
  "/v1/customer-meters/holds",
]);
