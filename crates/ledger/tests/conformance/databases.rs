//! A PostgreSQL database for each test, dropped with it. Copied from one that was migrated once, which is
//! quicker than migrating each. Included by the unit tests too, so nothing here knows the ledger.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::{process, thread};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::sync::Mutex;

use crate::servers;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// What databases are copied from, as long as there are any: the last one takes it along.
static TEMPLATE: Mutex<Weak<Database>> = Mutex::const_new(Weak::new());

/// One database on the test server.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    server: String,
    _template: Option<Arc<Database>>,
}

impl Database {
    /// An empty one.
    pub(crate) async fn empty() -> Self {
        Self::create(None).await
    }

    /// One that `migrate` has migrated, given its URL; it is seldom asked.
    pub(crate) async fn migrated(migrate: impl AsyncFnOnce(String)) -> Self {
        let template = {
            let mut kept = TEMPLATE.lock().await;
            if let Some(template) = kept.upgrade() {
                template
            } else {
                let template = Arc::new(Self::empty().await);
                migrate(template.url()).await;
                *kept = Arc::downgrade(&template);
                template
            }
        };
        Self::create(Some(template)).await
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }

    async fn create(template: Option<Arc<Self>>) -> Self {
        // Starting a server blocks.
        let server = tokio::task::spawn_blocking(servers::postgres_url).await.unwrap();
        let name = format!("ledger_{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&server).await.unwrap();
        run(&mut connection, format!("DROP DATABASE IF EXISTS {name}")).await;
        let from = template.as_ref().map_or("template1", |template| &template.name);
        run(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {from}")).await;
        Self { name, server, _template: template }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await.unwrap();
                run(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
            });
        };
        // A test that failed because the server is gone must not abort here.
        let _ = thread::spawn(drop).join();
    }
}

async fn run(connection: &mut PgConnection, statement: String) {
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
}

fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let authority_end = base.find("://").map_or(0, |at| at + 3);
    let base = match base[authority_end..].find('/') {
        Some(slash) => &base[..authority_end + slash],
        None => base,
    };
    query.map_or_else(|| format!("{base}/{name}"), |query| format!("{base}/{name}?{query}"))
}
