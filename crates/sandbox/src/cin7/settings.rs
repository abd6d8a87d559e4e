//! What a simulated account is set up with.

use jiff::SignedDuration;

use crate::quota::Window;

/// The resources that the machine answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `/v1/SalesOrders`
    SalesOrders,
    /// `/v1/Products`
    Products,
    /// `/v1/ProductOptions`
    ProductOptions,
    /// `/v1/Branches`
    Branches,
    /// `/v1/Payments`
    Payments,
    /// `/v1/Cartons`
    Cartons,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SalesOrders,
        Self::Products,
        Self::ProductOptions,
        Self::Branches,
        Self::Payments,
        Self::Cartons,
    ];
}

/// A box that can be ticked for a resource of an API connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// GET.
    Read,
    /// POST and PUT.
    Write,
}

/// One simulated account with one API connection.
#[derive(Debug, Clone)]
pub struct Cin7Settings {
    /// The API user name.
    pub username: String,
    /// The connection's key.
    pub key: String,
    /// The connection's quota; empty is none.
    pub windows: Vec<Window>,
    /// Whether a 429 carries `Retry-After`. The real one cannot be relied on to.
    pub retry_after: bool,
    /// The boxes ticked for the connection; what is missing is answered 403.
    pub permissions: Vec<(Resource, Permission)>,
    /// The internal names of the account's custom fields of orders. Writes to other names are ignored.
    pub custom_fields: Vec<String>,
}

impl Default for Cin7Settings {
    fn default() -> Self {
        let window = |limit, seconds| Window { limit, length: SignedDuration::from_secs(seconds) };
        Self {
            username: "DemoAU".to_owned(),
            key: "demo-cin7-key".to_owned(),
            windows: vec![window(3, 1), window(60, 60), window(5_000, 24 * 60 * 60)],
            retry_after: false,
            permissions: Resource::ALL
                .into_iter()
                .flat_map(|resource| [(resource, Permission::Read), (resource, Permission::Write)])
                .collect(),
            custom_fields: (1_000..1_006).map(|number| format!("orders_{number}")).collect(),
        }
    }
}
