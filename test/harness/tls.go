package harness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority issues certificates for 127.0.0.1, into the files that a server reads. A server with [Options.TLS] has one,
// which its clients trust.
type Authority struct {
	Cert, Key string // files of the server's pair

	tb     testing.TB
	signer *ecdsa.PrivateKey
	root   *x509.Certificate
}

// NewAuthority makes an authority, and a first pair.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	dir := tb.TempDir()
	a := &Authority{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"), tb: tb}
	a.signer = newKey(tb)
	root := template()
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, root, root, a.signer.Public(), a.signer)
	if err == nil {
		a.root, err = x509.ParseCertificate(der)
	}
	if err != nil {
		tb.Fatal(err)
	}
	a.Renew()
	return a
}

// Renew replaces the pair by a new one, and returns the serial number of its certificate.
func (a *Authority) Renew() *big.Int {
	a.tb.Helper()
	cert, key, serial := a.Issue()
	a.Write(a.Key, key)
	a.Write(a.Cert, cert)
	return serial
}

// Issue makes a pair in PEM.
func (a *Authority) Issue() (cert, key []byte, serial *big.Int) {
	a.tb.Helper()
	leaf, private := template(), newKey(a.tb)
	leaf.IPAddresses, leaf.ExtKeyUsage = []net.IP{net.IPv4(127, 0, 0, 1)}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.root, private.Public(), a.signer)
	if err != nil {
		a.tb.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.tb.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), leaf.SerialNumber
}

// Write replaces a file in one step, as those who renew certificates do.
func (a *Authority) Write(path string, content []byte) {
	a.tb.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		a.tb.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		a.tb.Fatal(err)
	}
}

// ClientConfig trusts the authority's certificates.
func (a *Authority) ClientConfig() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return &tls.Config{RootCAs: pool}
}

// Transport is one for a server with this authority, or for one without TLS if that is nil.
func (a *Authority) Transport() *http.Transport {
	t := newTransport()
	if a != nil {
		t.TLSClientConfig = a.ClientConfig()
		t.ForceAttemptHTTP2 = true // which a configuration of our own turns off
	}
	return t
}

// Over is the same client with connections of its own.
func (c *Client) Over(transport *http.Transport) *Client {
	c.tb.Helper()
	c.tb.Cleanup(transport.CloseIdleConnections)
	twin := *c
	twin.http = &http.Client{Transport: theContract(c.tb).Transport(c.tb, transport), CheckRedirect: c.http.CheckRedirect}
	return &twin
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// template is a certificate with a serial number that no other has, valid for a day.
func template() *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100)) // it never fails
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Homeroom's tests " + serial.String()},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
}
