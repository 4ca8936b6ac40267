const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/organization`, {
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` },
});
if (!response.ok) throw new Error(await response.text());
const { store, bytes, meters } = await response.json();
console.log(store, bytes, meters.filter(({ events_behind }: any) => events_behind > 0).length);
