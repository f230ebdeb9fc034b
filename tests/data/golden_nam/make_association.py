# Expected values of tests of neighborhoods: tests/data/golden_nam/golden_association.json. Needs numpy, scipy, anndata, cna.
# python make_association.py golden_nam.json golden_association.json
import itertools, json, sys
import numpy as np, scipy.sparse as sp, scipy.stats as st

def union_knn(X, k):
    D = ((X[:, None] - X[None]) ** 2).sum(-1); np.fill_diagonal(D, np.inf)
    near = np.argsort(D, 1, kind='stable')[:, :k]
    A = np.zeros((len(X), len(X))); A[np.repeat(np.arange(len(X)), k), near.ravel()] = 1
    return np.maximum(A, A.T)

def abundance(A, lot, steps=3):
    S = np.eye(lot.max() + 1)[lot]; a = A.sum(0) + 1
    for _ in range(steps): S = A @ (S / a[:, None]) + S / a[:, None]
    return S / np.bincount(lot)

def components(nam):
    Z = nam - nam.mean(1, keepdims=True); Z /= Z.std(1, keepdims=True)
    w, U = np.linalg.eigh(Z.T @ Z); return U[:, ::-1]

def best_fit(U, y):
    n = len(y); inc = max(int(.02 * n), 1); y = y - y.mean(); fits = []
    for k in range(inc, max(1, min(4 * inc, n // 5)) + 1, inc):
        r2 = ((U[:, :k].T @ y) ** 2).sum() / (y @ y); df = n - 1 - k
        fits.append((st.f.sf(r2 / k / ((1 - r2) / df), k, df), k, r2))
    return min(fits)

g = json.load(open(sys.argv[1])); nam = np.array(g['nam']); y = np.array(g['y']); n = len(y)
R = np.array([st.rankdata(row) for row in nam]); R -= R.mean(1, keepdims=True); R /= np.sqrt((R ** 2).sum(1, keepdims=True))
orders = np.array(list(itertools.permutations(range(n)))); ry = st.rankdata(y); ry -= ry.mean(); ry /= np.sqrt(ry @ ry)
null = np.abs(R @ ry[orders].T); rho = R @ ry; obs = np.abs(rho)
U = components(nam); p, k, r2 = best_fit(U, y); ps = np.array([best_fit(U, y[o])[0] for o in orders])
step = lambda t: np.minimum(4096, np.floor(t * 4096 + 1e-9)).astype(int)
so, sn = step(obs), step(null[:, 1:]).ravel()          # all relabelings but the identity
rate = [(sn >= s).sum() / (len(orders) - 1) / max(1, (so >= s).sum()) for s in range(4097)]
rate = np.minimum.accumulate([1.0] + [r if (so >= s).any() else 1.0 for s, r in enumerate(rate)])[1:]
six = dict(rho=rho.tolist(), p_fwer=[float((null.max(0) >= t - 1e-12).mean()) for t in obs], fdr=rate[so].tolist(),
           k=int(k), r2=float(r2), p=float((ps <= p * (1 + 1e-9)).mean()))

import anndata, cna, pandas as pd
rng = np.random.default_rng(11); n, per = 24, 30
y = np.round(rng.normal(size=n), 3); X = []
for l in range(n):  # the more outcome, the more cells near (1, 1)
    near = rng.random(per) < 1 / (1 + np.exp(1.3 - 1.0 * y[l] - .3 * rng.normal()))
    X.append(np.where(near[:, None], [1.0, 1.0], rng.random((per, 2)) * 1.2) + .12 * rng.normal(size=(per, 2)))
X = np.round(np.vstack(X), 3); lot = np.repeat(np.arange(n), per); A = union_knn(X, 8)
ids = [f'L{l:02d}' for l in range(n)]
data = anndata.AnnData(X.copy()); data.obs['id'] = pd.Categorical([ids[l] for l in lot]); data.obsp['connectivities'] = sp.csr_matrix(A)
outcomes = [np.round(w * y + (1 - w) * rng.normal(size=n), 3) for w in (1, .7, .5, .4, .3, 0, 0, 0)]; answers = []
for o in outcomes:
    r = cna.tl.association(data, pd.Series(o, index=ids), 'id', nsteps=3, Nnull=20000, seed=1, return_full=True)
    p, k, r2 = best_fit(components(abundance(A, lot)), o)
    print('cna', r.k, r.r2, r.p, 'own', k, r2)
    answers.append(dict(k=int(r.k), r2=float(r.r2), p=float(r.p)))
from cna.tools._nam import _nam
# Steps that cna takes by itself: few cells of many lots, whose kurtosis is high at first.
X2 = np.round(rng.random((400, 2)), 3); lot2 = np.arange(400) % 200; many = anndata.AnnData(X2.copy()); many.obs['id'] = pd.Categorical([f'L{l:03d}' for l in lot2])
def steps_of_cna(neighbors):
    B = union_knn(X2, neighbors); many.obsp['connectivities'] = sp.csr_matrix(B); N = _nam(many, 'id').values.T.astype(float)
    return min(range(1, 16), key=lambda t: np.abs(abundance(B, lot2, t) - N).max())
steps = [[m, steps_of_cna(m)] for m in (1, 2, 3, 4, 6, 9)]; print(steps)
twenty = dict(X=X.tolist(), lot=lot.tolist(), neighbors=8, outcomes=[o.tolist() for o in outcomes], cna=answers)
json.dump(dict(six_lots=six, twenty_four_lots=twenty, many_lots=dict(X=X2.tolist(), lot=lot2.tolist(), steps=steps)), open(sys.argv[2], 'w'))
